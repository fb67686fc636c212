"""The small words: determiners, pronouns, prepositions, conjunctions, adverbs, and phrases that act as one of them.

The content words stand in `verbs`, `nouns` and `names`.
"""

from __future__ import annotations

DETERMINERS = {
    "the": "def", "a": "a", "an": "a", "this": "def", "that": "def", "these": "def", "those": "def", "my": "my",
    "your": "your", "his": "his", "her": "her", "our": "our", "their": "their", "its": "its", "some": "a", "any": "a",
    "each": "def", "every": "def", "another": "another", "no": "no", "several": "a", "few": "a", "many": "a",
    "both": "def", "all": "def", "half": "def", "enough": "a", "more": "a", "most": "def", "such": "a", "either": "a",
    "neither": "no", "thy": "your", "ur": "your", "da": "def", "teh": "def", "various": "a",
}  # fmt: skip
"""A determiner -> how it picks out its noun."""

NUMBERS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "thousand": 1000, "dozen": 12}

SELF = {
    "i": "I", "me": "I", "mine": "I", "we": "we", "us": "we", "you": "you", "ours": "we", "yours": "you", "u": "you",
    "thee": "you", "thou": "you",
}  # fmt: skip
"""Pronouns that are entities: the one who writes, the one who reads."""

PRONOUNS = {
    "he": "he", "she": "she", "they": "they", "it": "it", "him": "him", "them": "them", "hers": "it", "theirs": "it",
    "someone": "someone", "somebody": "someone", "anyone": "someone", "anybody": "someone", "nobody": "nobody",
    "no-one": "nobody", "noone": "nobody", "nothing": "nothing", "none": "nothing", "everyone": "everyone",
    "everybody": "everyone", "everything": "everyone", "something": "something", "anything": "something",
    "somewhere": "something", "anywhere": "something", "nowhere": "nothing", "everywhere": "everyone",
    "elsewhere": "something", "'em": "them", "themself": "them", "s/he": "they", "both": "both",
}  # fmt: skip

REFLEXIVES = frozenset(
    "himself herself itself themselves myself yourself ourselves yourselves oneself themself".split()
)

WH = {
    "who": "who", "whom": "who", "what": "what", "which": "which", "where": "where", "when": "when", "how": "how",
    "why": "why", "whose": "whose", "whereabouts": "where", "whatever": "what", "whoever": "who", "wherever": "where",
}  # fmt: skip

PREPOSITIONS = {
    "to": "to", "in": "in", "into": "into", "inside": "in", "within": "in", "on": "on", "onto": "into", "upon": "on",
    "atop": "on", "at": "at", "from": "from", "of": "of", "with": "with", "without": "without", "by": "by",
    "under": "under", "underneath": "under", "beneath": "under", "below": "under", "above": "above",
    "behind": "behind", "near": "near", "beside": "beside", "besides": "with", "between": "between",
    "among": "between", "amongst": "between", "amid": "between", "towards": "towards", "toward": "towards",
    "through": "through", "throughout": "in", "past": "past", "across": "across", "over": "over", "around": "around",
    "round": "around", "for": "for", "about": "of", "alongside": "beside", "against": "near", "via": "through",
    "aboard": "in", "beyond": "past", "along": "through", "outside": "outside", "like": "of", "despite": "of",
    "except": "without", "than": "than", "opposite": "beside", "as": "of", "per": "of", "during": "of",
    "concerning": "of", "regarding": "of", "up": "up", "down": "down", "off": "off", "out": "out",
    "versus": "with", "vs": "with", "w/": "with", "nearby": "near", "amidst": "between", "unto": "to",
}  # fmt: skip
"""A preposition -> its token."""

PARTICLE_TOKENS = {
    "up": "up", "down": "down", "off": "off", "out": "out", "back": "back", "away": "away", "in": "in", "on": "on",
    "over": "over", "around": "around", "round": "around", "through": "through", "along": "through", "by": "by",
    "past": "past", "across": "across",
}  # fmt: skip

MODALS = frozenset("will would can could may might must shall should".split())

COORDINATORS = {
    "and": "and", "&": "and", "plus": "and", "but": "but", "yet": "but", "or": "or", "nor": "or", "then": "then",
    "so": "so", "however": "but", "therefore": "so", "thus": "so", "hence": "so", "and/or": "or",
}  # fmt: skip

SUBORDINATORS = {
    "because": "because", "cause": "because", "cos": "because", "since": "because", "while": "while",
    "whilst": "while", "whereas": "while", "as": "while", "when": "when", "whenever": "when", "once": "when",
    "after": "after", "before": "before", "until": "until", "till": "until", "if": "if", "unless": "if",
    "whether": "if", "although": "while", "though": "while",
}  # fmt: skip

ADVERBS = {
    "maybe": "maybe", "perhaps": "maybe", "possibly": "maybe", "probably": "maybe", "presumably": "maybe",
    "apparently": "maybe", "supposedly": "maybe", "allegedly": "maybe", "usually": "maybe", "often": "maybe",
    "sometimes": "maybe", "normally": "maybe", "generally": "maybe", "likely": "maybe", "occasionally": "maybe",
    "typically": "maybe", "reportedly": "maybe", "hopefully": "maybe",
    "not": "not", "never": "never", "almost": "almost", "nearly": "almost", "hardly": "not", "barely": "not",
    "scarcely": "not", "rarely": "not", "seldom": "not", "anymore": "no_longer",
    "still": "still", "there": "there", "here": "here", "back": "back", "away": "away", "alone": "alone",
    "either": "either", "neither": "not",
    "ever": "ever", "first": "first", "last": "last", "also": "also", "too": "also", "together": "together",
    "again": "again", "now": "now", "only": "only", "lastly": "last", "firstly": "first", "currently": "now",
    "finally": "last", "eventually": "last", "ultimately": "last", "originally": "first", "initially": "first", "presently": "now",
}  # fmt: skip
"""Adverbs with a token of their own."""

ONLY_IN_QUESTIONS = frozenset("ever first last also together again now only both all".split())
"""Tokens that mean nothing for where things are in a statement, and everything in a question."""

DROPPED = frozenset(
    """
    very quite rather really just already even simply soon later afterwards afterward meanwhile suddenly
    next instead always please well far fast straight forward forwards backwards onward onwards aside
    sideways ahead apart quietly else yes no ok okay oh ah hello hi hey goodbye thanks sure alas indeed 
    somehow somewhat halfway midway much lots once twice thrice early late long ago right pretty upright downwards upwards
    nonetheless nevertheless furthermore moreover otherwise anyway anyhow besides btw well etc today everyday
       downright namely respectively approx ca e.g i.e
    """.split()
)
"""Words that are read over."""

PHRASES = {
    "at first": ("adv", "first"), "in the beginning": ("adv", "first"), "at the beginning": ("adv", "first"),
    "to begin with": ("adv", "first"), "to start with": ("adv", "first"), "at the start": ("adv", "first"),
    "at the outset": ("adv", "first"), "in the end": ("adv", "last"), "at the end": ("adv", "last"),
    "first of all": ("adv", "first"), "last of all": ("adv", "last"), "at the moment": ("adv", "now"),
    "right now": ("adv", "now"), "at present": ("adv", "now"), "at the very start": ("adv", "first"),
    "at the very beginning": ("adv", "first"), "at the very end": ("adv", "last"),
    "no longer": ("adv", "no_longer"), "not any more": ("adv", "no_longer"), "any more": ("adv", "no_longer"),
    "any longer": ("adv", "no_longer"), "next to": ("prep", "beside"), "in front of": ("prep", "near"),
    "on top of": ("prep", "on"), "close to": ("prep", "near"), "close by": ("drop", ""), "inside of": ("prep", "in"),
    "outside of": ("prep", "outside"), "in between": ("prep", "between"), "because of": ("prep", "for"),
    "due to": ("prep", "for"), "as well as": ("co", "and"), "as well": ("adv", "also"),
    "together with": ("prep", "with"), "along with": ("prep", "with"), "instead of": ("adv", "not"),
    "rather than": ("adv", "not"), "in order to": ("prep", "to"), "so as to": ("prep", "to"),
    "so that": ("sub", "so_that"), "even though": ("sub", "while"), "as soon as": ("sub", "when"),
    "by the time": ("sub", "when"), "even if": ("sub", "if"), "as if": ("sub", "if"), "as though": ("sub", "if"),
    "in case": ("sub", "if"), "provided that": ("sub", "if"), "as long as": ("sub", "if"), "now that": ("sub", "because"),
    "only if": ("sub", "if"), "just as": ("sub", "while"), "just before": ("sub", "before"), "every time": ("sub", "when"),
    "just after": ("sub", "after"), "right after": ("sub", "after"), "right before": ("sub", "before"),
    "shortly after": ("sub", "after"), "shortly before": ("sub", "before"), "soon after": ("sub", "after"),
    "each other": ("pron", "them"), "one another": ("pron", "them"), "no one": ("pron", "nobody"),
    "no - one": ("pron", "nobody"), "all the way": ("drop", ""), "the whole way": ("drop", ""), "most of the way": ("drop", ""), "part of the way": ("drop", ""), "next door": ("drop", ""), "on the way down": ("drop", ""), "on the way up": ("drop", ""), "on the way out": ("drop", ""),
    "on the way there": ("drop", ""), "on the way back": ("drop", ""), "on the way home": ("drop", ""), "right away": ("drop", ""), "at once": ("drop", ""),
    "of course": ("drop", ""), "for example": ("drop", ""),
    "by mistake": ("drop", ""), "by accident": ("drop", ""), "on purpose": ("drop", ""), "on foot": ("drop", ""), "on duty": ("drop", ""), "off duty": ("drop", ""),
    "in a hurry": ("drop", ""), "in half": ("drop", ""), "as usual": ("drop", ""), "in fact": ("drop", ""), "at all": ("drop", ""),
    "at least": ("drop", ""), "at last": ("drop", ""), "out loud": ("drop", ""), "by hand": ("drop", ""),
    "as always": ("drop", ""), "or so": ("drop", ""), "once more": ("adv", "again"), "once again": ("adv", "again"),
    "a little": ("drop", ""), "a bit": ("drop", ""), "a lot": ("drop", ""), "in vain": ("drop", ""),
    "with care": ("drop", ""), "by far": ("drop", ""), "in turn": ("drop", ""),
    "all right": ("drop", ""), "of his own": ("drop", ""), "of her own": ("drop", ""), "on his own": ("adv", "alone"),
    "on her own": ("adv", "alone"), "on their own": ("adv", "alone"), "on my own": ("adv", "alone"),
    "by himself": ("adv", "alone"), "by herself": ("adv", "alone"), "by myself": ("adv", "alone"),
    "by themselves": ("adv", "alone"), "by itself": ("adv", "alone"), "both of them": ("pron", "they"),
    "the two of them": ("pron", "they"), "the two": ("pron", "they"), "all of them": ("pron", "they"),
    "the three of them": ("pron", "they"), "the others": ("pron", "they"), "the pair": ("pron", "they"),
    "two of them": ("pron", "they"), "none of them": ("pron", "nobody"), "one of them": ("pron", "someone"),
    "the former": ("pron", "it"), "the latter": ("pron", "it"), "the same": ("pron", "it"), "all this": ("pron", "it"), "all that": ("pron", "it"),
    "nothing except": ("drop", ""), "nothing but": ("drop", ""), "except for": ("prep", "without"), "apart from": ("prep", "without"), "thanks to": ("prep", "for"),
    "out of order": ("w", "<adj>"), "out of stock": ("w", "<adj>"), "out of sight": ("drop", ""),
    "out of breath": ("w", "<adj>"), "out of date": ("w", "<adj>"), "out of use": ("w", "<adj>"),
    "in trouble": ("w", "<adj>"), "in love": ("w", "<adj>"), "in use": ("w", "<adj>"), "on fire": ("w", "<adj>"),
    "according to": ("prep", "of"), "as for": ("prep", "of"), "as to": ("prep", "of"), "such as": ("prep", "of"),
    "a few": ("det", "a"), "a lot of": ("det", "a"), "lots of": ("det", "a"), "plenty of": ("det", "a"),
    "a couple of": ("det", "a"), "a number of": ("det", "a"), "some of": ("det", "a"), "all of": ("det", "def"),
    "both of": ("det", "def"), "one of": ("det", "def"), "most of": ("det", "def"), "none of": ("det", "no"),
    "each of": ("det", "def"), "half of": ("det", "def"), "two of": ("det", "def"), "any of": ("det", "def"),
    "neither of": ("det", "no"), "either of": ("det", "def"), "a pair of": ("det", "a"), "a set of": ("det", "a"),
    "pairs of": ("det", "a"), "pair of": ("det", "a"), "a kind of": ("det", "a"), "a dozen": ("det", "a"),
    "what kind of": ("wh", "what"), "what sort of": ("wh", "what"), "who else": ("wh", "who"), "what else": ("wh", "what"),
    "had better": ("modal", ""), "the most recent": ("drop", ""), "more than": ("drop", ""), "less than": ("drop", ""),
    "some more": ("det", "a"), "the rest of": ("det", "def"),
}  # fmt: skip
"""Words that act as one: (what they act as, token)."""

PHRASE_STARTS: dict[tuple[str, str], list[tuple[tuple[str, ...], str, str]]] = {}
"""The phrases that begin with two given words, longest first."""
for _phrase, (_act, _token) in PHRASES.items():
    _words = tuple(_phrase.split())
    PHRASE_STARTS.setdefault((_words[0], _words[1]), []).append((_words, _act, _token))
for _list in PHRASE_STARTS.values():
    _list.sort(key=lambda entry: -len(entry[0]))

ADVERBIAL_PLACES = frozenset(
    "home upstairs downstairs outside inside outdoors indoors abroad overseas underground downtown backstage uptown "
    "ashore aboard overboard".split()
)
"""Places that need no preposition and no determiner."""

BARE_PLACES = frozenset(
    "school work bed church town home college university hospital prison jail court market class camp sea shore land "
    "base headquarters hq reception storage dispatch despatch lunch breakfast dinner supper practice bed".split()
)
"""Nouns that follow "to" and "at" without a determiner."""

PARTS = frozenset(
    "back front top bottom middle centre center corner end side edge foot inside outside rear rest mouth".split()
)
"""Parts of something: "the back of the van" is the van."""

MEASURES = frozenset(
    "bottle cup glass mug box bag piece slice jug bucket loaf sheet can carton pint set stack pile bunch bar tin jar "
    "packet pack plate bowl tube roll basket crate pot handful armful load bundle deck case sack ball pair tray "
    "kilo litre liter gallon pound cluster heap portion flask tub drop scrap lump block stick tank barrel book "
    "envelope wad wheel batch punnet vial sachet reel spool bale consignment bouquet ream carafe keg".split()
)
"""Nouns that measure or hold another: "a bottle of milk" is the milk and the bottle."""

RESULTS = frozenset(
    "open shut closed free loose ajar upright alight ablaze clean dry empty unlocked locked".split()
)
"""How a deed leaves a thing: in "set the frog free" and "taped it shut" they are no part of its name."""

PORTIONS = frozenset(
    "piece slice bit part lump scrap portion drop block chunk bite sip half corner".split()
)
"""What is taken of something that stays: "a piece of the cake" is not the cake."""

SYNONYMS = {
    "refrigerator": "fridge", "television": "tv", "telly": "tv", "telephone": "phone", "bicycle": "bike",
    "photograph": "photo", "mum": "mother", "mom": "mother", "mummy": "mother", "mommy": "mother", "dad": "father",
    "daddy": "father", "grandmother": "grandma", "granny": "grandma", "grandfather": "grandpa", "mobile": "phone",
    "aeroplane": "plane", "airplane": "plane", "parlor": "parlour", "grandad": "grandpa", "granddad": "grandpa",
    "couch": "sofa", "settee": "sofa", "film": "movie", "wc": "toilet", "loo": "toilet", "restroom": "toilet",
    "woods": "wood", "hq": "headquarters", "cheque": "check", "laptop_computer": "laptop", "tvs": "tv",
}  # fmt: skip
"""Heads that name the same thing."""
