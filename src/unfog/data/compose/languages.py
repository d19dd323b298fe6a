"""Words of twelve other languages for simple captions: shapes, colours, numbers, sides, grounds and styles.

The name of a sprite is known in these languages, its gender is not, so nothing that is said of a sprite may agree with
it: "Schildkröte in Rot", "tortue en rouge", "tortuga de color rojo". Genders of the eleven shapes are in the tables,
and there adjectives and articles agree: "ein rotes Quadrat", "une étoile verte".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from unfog.data.compose.scene import SHAPES, GroundKind, Style
from unfog.data.scenes_palette import COLOURS


@dataclass(frozen=True)
class Tongue:
    """One language.

    Attributes:
        shapes: for each shape its gender ("m", "f", "n"), singular and plural.
        colours: for each colour its forms by gender and "p" (plural), or by "mp", "fp"; one form serves all.
        of_sprite: how a colour is said of a sprite, with ``{n}`` its name and ``{c}`` the colour's noun.
        noun_colours: colours for ``of_sprite`` and grounds.
        articles: the indefinite article by gender; empty if there is none.
        behind: whether the adjective follows the noun.
        joint: between noun and adjective.
        sides: what is said behind a group at the left, right, top, bottom.
        relations: what joins two shapes whose second one has ``oblique`` forms.
        oblique: articles after a relation; ``oblique_ending`` replaces an adjective's ending there.
        grounds: ``{c}`` is the colour in ``ground_colours``; kinds that are missing are not said.
    """

    shapes: tuple[tuple[str, str, str], ...]
    colours: tuple[dict[str, str], ...]
    of_sprite: str
    noun_colours: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    articles: dict[str, str] = field(default_factory=dict)
    behind: bool = False
    joint: str = " "
    comma: str = ", "
    sides: tuple[str, str, str, str] | None = None
    relations: tuple[str, str, str, str] | None = None
    oblique: dict[str, str] = field(default_factory=dict)
    oblique_ending: str | None = None
    grounds: dict[GroundKind, tuple[str, ...]] = field(default_factory=dict)
    ground_colours: tuple[str, ...] = ()
    styles: dict[Style, str] = field(default_factory=dict)


def _shapes(text: str) -> tuple[tuple[str, str, str], ...]:
    out = tuple(tuple(part.strip().split("/")) for part in text.split(","))
    assert len(out) == len(SHAPES)
    return out  # type: ignore[return-value]


def _forms(text: str, keys: str) -> tuple[dict[str, str], ...]:
    """Forms of the colours in the order of ``keys``; a single form serves for all."""
    out = []
    for part in text.split(","):
        forms = part.strip().split("/")
        out.append(dict(zip(keys.split(), forms if len(forms) > 1 else forms * len(keys.split()), strict=True)))
    assert len(out) == len(COLOURS)
    return tuple(out)


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


def _styles(text: str) -> dict[Style, str]:
    return dict(zip(STYLED, _words(text), strict=True))


STYLED: tuple[Style, ...] = (
    "pixel art", "outline", "sketch", "watercolor", "neon", "sepia", "black and white", "mosaic", "embroidery",
    "sticker",
)  # fmt: skip

GERMAN = Tongue(
    shapes=_shapes(
        "m/Kreis/Kreise, n/Quadrat/Quadrate, n/Dreieck/Dreiecke, m/Stern/Sterne, n/Herz/Herzen, n/Kreuz/Kreuze,"
        " m/Ring/Ringe, f/Raute/Rauten, n/Sechseck/Sechsecke, f/Mondsichel/Mondsicheln, m/Pfeil/Pfeile"
    ),
    colours=_forms(
        "roter/rote/rotes/rote, orangefarbener/orangefarbene/orangefarbenes/orangefarbene, gelber/gelbe/gelbes/gelbe,"
        " grüner/grüne/grünes/grüne, blauer/blaue/blaues/blaue, lila, rosa, brauner/braune/braunes/braune,"
        " schwarzer/schwarze/schwarzes/schwarze, weißer/weiße/weißes/weiße, grauer/graue/graues/graue",
        "m f n p",
    ),
    of_sprite="{n} in {c}",
    noun_colours=_words("Rot, Orange, Gelb, Grün, Blau, Lila, Rosa, Braun, Schwarz, Weiß, Grau"),
    numbers=_words("zwei, drei, vier, fünf, sechs"),
    articles={"m": "ein", "f": "eine", "n": "ein"},
    sides=("links", "rechts", "oben", "unten"),
    relations=("links von", "rechts von", "über", "unter"),
    oblique={"m": "einem", "f": "einer", "n": "einem"},
    oblique_ending="en",
    grounds={
        "plain": ("auf {c} Hintergrund", "vor {c} Hintergrund"),
        "striped": ("auf gestreiftem Hintergrund",),
        "checkered": ("auf kariertem Hintergrund",),
        "dotted": ("auf gepunktetem Hintergrund",),
        "gradient": ("vor einem Farbverlauf",),
        "paper": ("auf Papier",),
        "sky": ("am Himmel", "vor blauem Himmel"),
        "night": ("bei Nacht", "unter dem Sternenhimmel"),
        "grass": ("auf der Wiese", "im Gras"),
        "beach": ("am Strand", "am Meer"),
        "transparent": ("mit transparentem Hintergrund", "ohne Hintergrund"),
    },
    ground_colours=_words(
        "rotem, orangefarbenem, gelbem, grünem, blauem, lila, rosa, braunem, schwarzem, weißem, grauem"
    ),
    styles=_styles(
        "Pixelgrafik, Umrisszeichnung, Bleistiftskizze, Aquarell, Neon, Sepia, schwarz-weiß, Mosaik, Stickerei,"
        " Aufkleber"
    ),
)
FRENCH = Tongue(
    shapes=_shapes(
        "m/cercle/cercles, m/carré/carrés, m/triangle/triangles, f/étoile/étoiles, m/cœur/cœurs, f/croix/croix,"
        " m/anneau/anneaux, m/losange/losanges, m/hexagone/hexagones, m/croissant de lune/croissants de lune,"
        " f/flèche/flèches"
    ),
    colours=_forms(
        "rouge/rouge/rouges/rouges, orange, jaune/jaune/jaunes/jaunes, vert/verte/verts/vertes,"
        " bleu/bleue/bleus/bleues, violet/violette/violets/violettes, rose/rose/roses/roses, marron,"
        " noir/noire/noirs/noires, blanc/blanche/blancs/blanches, gris/grise/gris/grises",
        "m f mp fp",
    ),
    of_sprite="{n} en {c}",
    noun_colours=_words("rouge, orange, jaune, vert, bleu, violet, rose, marron, noir, blanc, gris"),
    numbers=_words("deux, trois, quatre, cinq, six"),
    articles={"m": "un", "f": "une"},
    behind=True,
    sides=("à gauche", "à droite", "en haut", "en bas"),
    relations=("à gauche d’", "à droite d’", "au-dessus d’", "au-dessous d’"),
    oblique={"m": "un", "f": "une"},
    grounds={
        "plain": ("sur fond {c}", "sur un fond {c}"),
        "striped": ("sur fond rayé",),
        "checkered": ("sur fond à carreaux",),
        "dotted": ("sur fond à pois",),
        "gradient": ("sur fond dégradé",),
        "paper": ("sur papier",),
        "sky": ("dans le ciel",),
        "night": ("la nuit", "sous un ciel étoilé"),
        "grass": ("dans l’herbe", "sur l’herbe"),
        "beach": ("sur la plage", "au bord de la mer"),
        "transparent": ("sur fond transparent", "sans fond"),
    },
    ground_colours=_words("rouge, orange, jaune, vert, bleu, violet, rose, marron, noir, blanc, gris"),
    styles=_styles(
        "pixel art, dessin au trait, croquis au crayon, aquarelle, néon, sépia, noir et blanc, mosaïque, broderie,"
        " autocollant"
    ),
)
SPANISH = Tongue(
    shapes=_shapes(
        "m/círculo/círculos, m/cuadrado/cuadrados, m/triángulo/triángulos, f/estrella/estrellas, m/corazón/corazones,"
        " f/cruz/cruces, m/anillo/anillos, m/rombo/rombos, m/hexágono/hexágonos, f/media luna/medias lunas,"
        " f/flecha/flechas"
    ),
    colours=_forms(
        "rojo/roja/rojos/rojas, naranja, amarillo/amarilla/amarillos/amarillas, verde/verde/verdes/verdes,"
        " azul/azul/azules/azules, morado/morada/morados/moradas, rosa, marrón/marrón/marrones/marrones,"
        " negro/negra/negros/negras, blanco/blanca/blancos/blancas, gris/gris/grises/grises",
        "m f mp fp",
    ),
    of_sprite="{n} de color {c}",
    noun_colours=_words("rojo, naranja, amarillo, verde, azul, morado, rosa, marrón, negro, blanco, gris"),
    numbers=_words("dos, tres, cuatro, cinco, seis"),
    articles={"m": "un", "f": "una"},
    behind=True,
    sides=("a la izquierda", "a la derecha", "arriba", "abajo"),
    relations=("a la izquierda de", "a la derecha de", "encima de", "debajo de"),
    oblique={"m": "un", "f": "una"},
    grounds={
        "plain": ("sobre fondo {c}", "con fondo {c}"),
        "striped": ("sobre fondo a rayas",),
        "checkered": ("sobre fondo a cuadros",),
        "dotted": ("sobre fondo de lunares",),
        "gradient": ("sobre fondo degradado",),
        "paper": ("sobre papel",),
        "sky": ("en el cielo",),
        "night": ("de noche", "bajo un cielo estrellado"),
        "grass": ("en la hierba", "sobre la hierba"),
        "beach": ("en la playa", "junto al mar"),
        "transparent": ("con fondo transparente", "sin fondo"),
    },
    ground_colours=_words("rojo, naranja, amarillo, verde, azul, morado, rosa, marrón, negro, blanco, gris"),
    styles=_styles(
        "pixel art, dibujo de contornos, boceto a lápiz, acuarela, neón, sepia, blanco y negro, mosaico, bordado,"
        " pegatina"
    ),
)
ITALIAN = Tongue(
    shapes=_shapes(
        "m/cerchio/cerchi, m/quadrato/quadrati, m/triangolo/triangoli, f/stella/stelle, m/cuore/cuori, f/croce/croci,"
        " m/anello/anelli, m/rombo/rombi, m/esagono/esagoni, f/mezzaluna/mezzelune, f/freccia/frecce"
    ),
    colours=_forms(
        "rosso/rossa/rossi/rosse, arancione/arancione/arancioni/arancioni, giallo/gialla/gialli/gialle,"
        " verde/verde/verdi/verdi, blu, viola, rosa, marrone/marrone/marroni/marroni, nero/nera/neri/nere,"
        " bianco/bianca/bianchi/bianche, grigio/grigia/grigi/grigie",
        "m f mp fp",
    ),
    of_sprite="{n} di colore {c}",
    noun_colours=_words("rosso, arancione, giallo, verde, blu, viola, rosa, marrone, nero, bianco, grigio"),
    numbers=_words("due, tre, quattro, cinque, sei"),
    articles={"m": "un", "f": "una"},
    behind=True,
    sides=("a sinistra", "a destra", "in alto", "in basso"),
    relations=("a sinistra di", "a destra di", "sopra", "sotto"),
    oblique={"m": "un", "f": "una"},
    grounds={
        "plain": ("su sfondo {c}", "con sfondo {c}"),
        "striped": ("su sfondo a righe",),
        "checkered": ("su sfondo a quadri",),
        "dotted": ("su sfondo a pois",),
        "gradient": ("su sfondo sfumato",),
        "paper": ("su carta",),
        "sky": ("nel cielo",),
        "night": ("di notte", "sotto un cielo stellato"),
        "grass": ("sull’erba", "nel prato"),
        "beach": ("sulla spiaggia", "in riva al mare"),
        "transparent": ("con sfondo trasparente", "senza sfondo"),
    },
    ground_colours=_words("rosso, arancione, giallo, verde, blu, viola, rosa, marrone, nero, bianco, grigio"),
    styles=_styles(
        "pixel art, disegno a linee, schizzo a matita, acquerello, neon, seppia, bianco e nero, mosaico, ricamo,"
        " adesivo"
    ),
)
PORTUGUESE = Tongue(
    shapes=_shapes(
        "m/círculo/círculos, m/quadrado/quadrados, m/triângulo/triângulos, f/estrela/estrelas, m/coração/corações,"
        " f/cruz/cruzes, m/anel/anéis, m/losango/losangos, m/hexágono/hexágonos, f/lua crescente/luas crescentes,"
        " f/seta/setas"
    ),
    colours=_forms(
        "vermelho/vermelha/vermelhos/vermelhas, laranja, amarelo/amarela/amarelos/amarelas, verde/verde/verdes/verdes,"
        " azul/azul/azuis/azuis, roxo/roxa/roxos/roxas, rosa, marrom/marrom/marrons/marrons,"
        " preto/preta/pretos/pretas, branco/branca/brancos/brancas, cinza",
        "m f mp fp",
    ),
    of_sprite="{n} de cor {c}",
    noun_colours=_words("vermelha, laranja, amarela, verde, azul, roxa, rosa, marrom, preta, branca, cinza"),
    numbers=_words("dois, três, quatro, cinco, seis"),
    articles={"m": "um", "f": "uma"},
    behind=True,
    sides=("à esquerda", "à direita", "em cima", "embaixo"),
    relations=("à esquerda de", "à direita de", "acima de", "abaixo de"),
    oblique={"m": "um", "f": "uma"},
    grounds={
        "plain": ("sobre fundo {c}", "com fundo {c}"),
        "striped": ("sobre fundo listrado",),
        "checkered": ("sobre fundo xadrez",),
        "dotted": ("sobre fundo de bolinhas",),
        "gradient": ("sobre fundo degradê",),
        "paper": ("sobre papel",),
        "sky": ("no céu",),
        "night": ("à noite", "sob um céu estrelado"),
        "grass": ("na grama", "sobre a grama"),
        "beach": ("na praia", "à beira-mar"),
        "transparent": ("com fundo transparente", "sem fundo"),
    },
    ground_colours=_words("vermelho, laranja, amarelo, verde, azul, roxo, rosa, marrom, preto, branco, cinza"),
    styles=_styles(
        "pixel art, desenho de contorno, esboço a lápis, aquarela, neon, sépia, preto e branco, mosaico, bordado,"
        " adesivo"
    ),
)
DUTCH = Tongue(
    shapes=_shapes(
        "c/cirkel/cirkels, n/vierkant/vierkanten, c/driehoek/driehoeken, c/ster/sterren, n/hart/harten,"
        " n/kruis/kruisen, c/ring/ringen, c/ruit/ruiten, c/zeshoek/zeshoeken, c/maansikkel/maansikkels, c/pijl/pijlen"
    ),
    colours=_forms(
        "rode/rood/rode, oranje, gele/geel/gele, groene/groen/groene, blauwe/blauw/blauwe, paarse/paars/paarse, roze,"
        " bruine/bruin/bruine, zwarte/zwart/zwarte, witte/wit/witte, grijze/grijs/grijze",
        "c n p",
    ),
    of_sprite="{n} ({c})",
    noun_colours=_words("rood, oranje, geel, groen, blauw, paars, roze, bruin, zwart, wit, grijs"),
    numbers=_words("twee, drie, vier, vijf, zes"),
    articles={"c": "een", "n": "een"},
    sides=("links", "rechts", "boven", "onder"),
    relations=("links van", "rechts van", "boven", "onder"),
    oblique={"c": "een", "n": "een"},
    grounds={
        "plain": ("op een {c} achtergrond", "tegen een {c} achtergrond"),
        "striped": ("op een gestreepte achtergrond",),
        "checkered": ("op een geruite achtergrond",),
        "dotted": ("op een gestippelde achtergrond",),
        "gradient": ("op een kleurverloop",),
        "paper": ("op papier",),
        "sky": ("in de lucht",),
        "night": ("in de nacht", "onder een sterrenhemel"),
        "grass": ("op het gras", "in de wei"),
        "beach": ("op het strand", "aan zee"),
        "transparent": ("met een transparante achtergrond", "zonder achtergrond"),
    },
    ground_colours=_words("rode, oranje, gele, groene, blauwe, paarse, roze, bruine, zwarte, witte, grijze"),
    styles=_styles(
        "pixelart, lijntekening, potloodschets, aquarel, neon, sepia, zwart-wit, mozaïek, borduurwerk, sticker"
    ),
)
RUSSIAN = Tongue(
    shapes=_shapes(
        "m/круг/, m/квадрат/, m/треугольник/, f/звезда/, n/сердце/, m/крест/, n/кольцо/, m/ромб/, m/шестиугольник/,"
        " m/полумесяц/, f/стрелка/"
    ),
    colours=_forms(
        "красный/красная/красное, оранжевый/оранжевая/оранжевое, жёлтый/жёлтая/жёлтое, зелёный/зелёная/зелёное,"
        " синий/синяя/синее, фиолетовый/фиолетовая/фиолетовое, розовый/розовая/розовое,"
        " коричневый/коричневая/коричневое, чёрный/чёрная/чёрное, белый/белая/белое, серый/серая/серое",
        "m f n",
    ),
    of_sprite="{n} {c} цвета",
    noun_colours=_words(
        "красного, оранжевого, жёлтого, зелёного, синего, фиолетового, розового, коричневого, чёрного, белого, серого"
    ),
)
UKRAINIAN = Tongue(
    shapes=_shapes(
        "n/коло/, m/квадрат/, m/трикутник/, f/зірка/, n/серце/, m/хрест/, n/кільце/, m/ромб/, m/шестикутник/,"
        " m/півмісяць/, f/стрілка/"
    ),
    colours=_forms(
        "червоний/червона/червоне, помаранчевий/помаранчева/помаранчеве, жовтий/жовта/жовте, зелений/зелена/зелене,"
        " синій/синя/синє, фіолетовий/фіолетова/фіолетове, рожевий/рожева/рожеве, коричневий/коричнева/коричневе,"
        " чорний/чорна/чорне, білий/біла/біле, сірий/сіра/сіре",
        "m f n",
    ),
    of_sprite="{n} {c} кольору",
    noun_colours=_words(
        "червоного, помаранчевого, жовтого, зеленого, синього, фіолетового, рожевого, коричневого, чорного, білого,"
        " сірого"
    ),
)
JAPANESE = Tongue(
    shapes=_shapes(
        "m/円/, m/正方形/, m/三角形/, m/星/, m/ハート/, m/十字/, m/輪/, m/ひし形/, m/六角形/, m/三日月/, m/矢印/"
    ),
    colours=_forms("赤い, オレンジ色の, 黄色い, 緑色の, 青い, 紫色の, ピンクの, 茶色い, 黒い, 白い, 灰色の", "m"),
    of_sprite="{c}{n}",
    noun_colours=_words("赤い, オレンジ色の, 黄色い, 緑色の, 青い, 紫色の, ピンクの, 茶色い, 黒い, 白い, 灰色の"),
    joint="",
    comma="、",
)
KOREAN = Tongue(
    shapes=_shapes(
        "m/원/, m/정사각형/, m/삼각형/, m/별/, m/하트/, m/십자가/, m/고리/, m/마름모/, m/육각형/, m/초승달/, m/화살표/"
    ),
    colours=_forms("빨간, 주황색, 노란, 초록색, 파란, 보라색, 분홍색, 갈색, 검은, 하얀, 회색", "m"),
    of_sprite="{c} {n}",
    noun_colours=_words("빨간, 주황색, 노란, 초록색, 파란, 보라색, 분홍색, 갈색, 검은, 하얀, 회색"),
)
CHINESE = Tongue(
    shapes=_shapes(
        "m/圆形/, m/正方形/, m/三角形/, m/五角星/, m/心形/, m/十字/, m/圆环/, m/菱形/, m/六边形/, m/月牙/, m/箭头/"
    ),
    colours=_forms("红色, 橙色, 黄色, 绿色, 蓝色, 紫色, 粉色, 棕色, 黑色, 白色, 灰色", "m"),
    of_sprite="{c}的{n}",
    noun_colours=_words("红色, 橙色, 黄色, 绿色, 蓝色, 紫色, 粉色, 棕色, 黑色, 白色, 灰色"),
    joint="",
    comma="，",
)
HINDI = Tongue(
    shapes=_shapes(
        "m/वृत्त/, m/वर्ग/, m/त्रिभुज/, m/तारा/, m/दिल/, m/क्रॉस/, m/छल्ला/, m/समचतुर्भुज/, m/षट्भुज/, m/अर्धचंद्र/, m/तीर/"
    ),
    colours=_forms("लाल, नारंगी, पीला, हरा, नीला, बैंगनी, गुलाबी, भूरा, काला, सफ़ेद, स्लेटी", "m"),
    of_sprite="{n} ({c} रंग)",
    noun_colours=_words("लाल, नारंगी, पीला, हरा, नीला, बैंगनी, गुलाबी, भूरा, काला, सफ़ेद, स्लेटी"),
)
TONGUES: dict[str, Tongue] = {
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "pt": PORTUGUESE,
    "nl": DUTCH,
    "ru": RUSSIAN,
    "uk": UKRAINIAN,
    "ja": JAPANESE,
    "ko": KOREAN,
    "zh": CHINESE,
    "hi": HINDI,
}
