from unfog.api import Model as Model
from unfog.api import load as load

__version__: str
