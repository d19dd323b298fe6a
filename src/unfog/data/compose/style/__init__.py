"""Global styles: filters from the layers of finished pictures to pictures, premultiplied RGBA in 0..1."""
