"""First names with a gender, titles, cities and countries, and names that are also words."""

from __future__ import annotations

from recollect.english.world_names import MEN, WOMEN

_MALE = """
    aaron abdul abel abraham adam adrian ahmed aidan alan albert alejandro alex alexander alexei alfie alfred ali allan
    alvin amir anders andre andreas andrei andrew andy angelo angus anthony antoine anton antonio archie arjun arnold
    arthur asher austin axel barnaby barney barry bart bartholomew basil ben benedict benjamin bernard bernhard bert
    bertie bilbo blake bob bobby boris brad bradley brandon brendan brett brian bruce bruno bryan byron caleb calvin
    cameron carl carlos cecil cedric chad charles charlie chris christian christopher clark claude claudio clement cliff
    clifford clive clyde cole colin connor conrad cooper craig curtis cyril dale damian damon dan daniel danny darren
    dave david davis dean declan dennis denzel derek desmond dev dexter diego dieter dimitri dirk dmitri dominic don
    donald doug douglas duncan dustin dwight dylan ed eddie edgar edmund eduardo edward edwin eli elias elijah elliot
    elliott elmer emil emmanuel enrique eric erik ernest ernesto ethan eugene evan ezra fabian farid felipe felix
    fergus fernando filip finlay finn florian floyd francesco francis francisco franco frank franklin franz fred freddie
    freddy frederick frodo fritz gabriel gareth garth gary gavin geoff geoffrey george gerald gerard gilbert giles
    giovanni glen glenn gordon graham greg gregory guido guillermo gus gustav guy hamza hank hans harold harris harrison
    harry harvey hassan hector heinrich henri henrik henry herbert herman hiro hiroshi homer horace howard hubert hugh
    hugo humphrey hussein ian ibrahim igor ike imran isaac isaiah ivan jack jackson jacob jake jamal james jamie jan
    jared jason jasper javier jay jean-paul jeff jeffrey jeremy jerome jerry jesse jim jimmy joachim joaquin joe joel
    johan johann johannes john johnny jon jonah jonas jonathan jordan jorge jose joseph josh joshua juan julian julio
    julius jurgen justin kai kareem karim karl keith ken kenji kenneth kevin khalid kieran kiran klaus kofi kurt kwame
    kyle lance larry lars laurence lawrence lee len leo leon leonard leonardo leroy leslie lester levi lewis liam lionel
    lloyd logan lorenzo lou louis luca lucas lucien luigi luis luke lukas luther magnus mahmoud malcolm malik manuel
    marc marcel marco marcus mario marlon martin marty marvin mateo mathias matt matteo matthew maurice max maxwell
    mehmet melvin miguel mike mikhail miles milo mitch mohamed mohammad mohammed morgan morris moses muhammad murray
    nathan nathaniel ned neil nelson neville niall nicholas nick nico nicolas nigel niklas nikolai nils noah noel
    norman oleg oliver ollie oluwaseun omar orlando oscar oskar oswald otis otto owen pablo paolo patrick paul pavel
    pedro percy perry pete peter phil philip philippe phillip pierre piotr quentin quinn rafael raj rajesh ralph ramon
    randy raphael rashid raul ravi ray raymond reggie reginald rene reuben rex rhys ricardo richard rick ricky robert
    roberto robin robinson rod roderick rodney roger roland rolf roman ron ronald ronnie rory ross roy ruben rudolf
    rudy rufus rupert russell rusty ryan said salvador salvatore sam sami samir samuel sandeep sanjay santiago saul
    sean sebastian serge sergei sergio seth seymour shane shaun shawn sherlock sid sidney silas simon soren spencer
    stan stanley stefan stephen steve steven stewart stuart sumit sven sylvester tariq taylor ted terence terrence terry
    theo theodore thomas tim timmy timothy tobias toby todd tom tomas tommy tony travis trevor tristan troy tyler tyrone
    umar uwe vernon vicente victor vijay vikram vince vincent viktor vladimir wallace wally walt walter warren watson
    wayne wendell werner wesley wilbur wilfred wilhelm william willie willy winston wolfgang xavier yann yuri yusuf
    zachary zack zane
    """
_FEMALE = """
    abigail ada adele adriana agatha agnes aisha alba alexandra alexis alice alicia alina alisha alison allison alma
    amanda amara amelia amina amy ana anastasia andrea angela angelica angelina anita anja ann anna annabel annabelle
    anne annette annie antonia anya aoife april ariana ashley astrid audrey aurora ava ayesha barbara beatrice beatrix
    becky belinda bella bernadette bertha bess beth bethany betsy betty beverly bianca birgit bonnie brenda bridget
    britta brittany camilla candice carla carly carmen carol carolina caroline carolyn cassandra cassie catherine
    cathy cecilia celeste celia chantal charlene charlotte chelsea cheryl chiara chloe christina christine cindy claire
    clara clare clarissa claudia clementine cleo colette colleen constance cordelia corinna courtney crystal cynthia
    dagmar daniela daphne darlene dawn deborah debbie deirdre delia delilah denise diana diane dina dolores donna dora
    doreen doris dorothea dorothy edith edna eileen elaine eleanor elena elisa elisabeth eliza elizabeth ella ellen
    ellie eloise elsa elsie elspeth emilia emily emma erica erika erin esme esmeralda estella esther ethel eugenia eva
    evelyn evie fatima fay felicity fern fiona flora florence frances francesca freda freya frieda gabriela gabriella
    gabrielle gail gemma genevieve georgia georgina geraldine gertrude gina ginny giulia gladys gloria greta gretchen
    gwen gwendolyn hannah harriet hazel heather heidi helen helena helga henrietta hilary hilda holly ida imogen ines
    ingrid irene iris irina irma isabel isabella isabelle isla ivy jacqueline jade jan_f jana jane janet janice jasmine
    jean jeanne jemima jen jenna jennifer jenny jess jessica jill jo joan joanna joanne jocelyn jodie josephine josie
    joyce juanita judith judy julia juliana julie juliet justine kaitlyn karen karin karina kate katharine katherine
    kathleen kathryn kathy katie katja katrina katy kavita kay kayla kelly kerry kim kimberly kirsten kirsty kitty
    klara krista kristen kristina kylie lana lara laura lauren laverne layla lea leah leila lena leonie leona lesley
    leticia lia liane lila lilian lillian lily lina linda lindsay lindsey lisa liz liza lizzie lois lola lorna lorraine
    lottie louisa louise lucia lucille lucy luisa lydia lynn mabel madeleine madeline madison maggie magdalena maisie
    mandy margaret margarita margot maria mariam marian marianne marie marilyn marina marion marjorie marlene martha
    martina mary matilda maud maureen maxine megan mei melanie melinda melissa mercedes meredith mia michaela michelle
    mildred millie mina minnie mira miranda miriam moira molly mona monica monika muriel myra myrtle nadia nancy naomi
    natalia natalie natasha nell nellie nicola nicole nina noor nora noreen norma odette olga olive olivia opal ophelia
    pam pamela patricia patsy patty paula pauline pearl peggy petra petunia philippa phoebe phyllis pippa polly pooja
    portia priscilla priya prudence rachel ramona rebecca regina renata renee rhoda rhonda rita roberta robyn rosa
    rosalie rosalind rosemary rosie roxanne ruby ruth sabine sabrina sadie sally salma samantha sandra sandy sara sarah
    saskia selena serena shannon sharon sheila shelley sheryl shirley sian sienna sigrid silvia simone siobhan sofia
    sonia sonja sophia sophie stacey stella stephanie summer susan susanna susie suzanne svetlana sybil sylvia tabitha
    tamara tammy tania tanya tara tasha tatiana teresa tess tessa thelma theresa tiffany tilly tina toni tracey tracy
    trudy ursula valentina valerie vanessa vera verity veronica vicky victoria viola violet virginia vivian vivien
    vivienne wanda wendy whitney wilhelmina wilma winifred winona xena yara yasmin yasmine yolanda yoko yuki yvette
    yvonne zara zelda zephyrine zoe zora zuzanna
    """
_EITHER = """
    ash bailey billie casey charly devon drew emery frankie harley jean_m jody kris lane leigh mackenzie mel nicky
    pat phoenix reese riley robbie rowan sacha sage sasha shea sky skyler stevie tracy_m val chen wei li ming yan
    jin kit dana eden ellis hayden indigo jules kendall micah noor_m parker peyton remy river shiloh tatum
    winnie zuri nour ari amal gale jessie lou_f ronny gabby teddy bobbie
    """

NAMES: dict[str, str] = {}
"""A first name in small letters -> "m", "f" or "" (either)."""
NAMES.update(dict.fromkeys(MEN, "m"))
NAMES.update(dict.fromkeys(WOMEN, "f"))
for _gender, _names in (("m", _MALE), ("f", _FEMALE), ("", _EITHER)):
    NAMES.update({name: _gender for name in _names.split() if "_" not in name})
NAMES.update(dict.fromkeys("michael mohsin jeffery otavio gunther".split(), "m"))

WORDS_TOO = {
    "will": "m", "mark": "m", "bill": "m", "art": "m", "jack": "m", "rob": "m", "chase": "m", "frank": "m", "dean": "m",
    "guy": "m", "rod": "m", "ray": "m", "don": "m", "drew": "", "pat": "", "gene": "m", "grant": "m", "hunter": "m",
    "clay": "m", "cliff": "m", "dale": "m", "dick": "m", "earl": "m", "lance": "m", "mason": "m",
    "max": "m", "miles": "m", "nick": "m", "pierce": "m", "reed": "m", "rich": "m", "skip": "m", "stew": "m",
    "ward": "m", "wade": "m", "basil": "m", "bishop": "m", "carter": "m", "baker": "m", "cooper": "m", "duke": "m",
    "king": "m", "marshal": "m", "major": "m", "norm": "m", "page": "", "porter": "m", "robin": "", "rocky": "m",
    "rusty": "m", "said": "m", "sonny": "m", "woody": "m", "victor": "m", "van": "m", "lane": "",
    "rose": "f", "may": "f", "grace": "f", "hope": "f", "sue": "f", "penny": "f", "june": "f", "april": "f", "joy": "f",
    "faith": "f", "dawn": "f", "daisy": "f", "lily": "f", "ivy": "f", "holly": "f", "hazel": "f", "heather": "f",
    "iris": "f", "violet": "f", "olive": "f", "pearl": "f", "ruby": "f", "amber": "f", "autumn": "f", "summer": "f",
    "august": "m", "candy": "f", "charity": "f", "constance": "f", "crystal": "f", "destiny": "f", "eve": "f",
    "ginger": "f", "harmony": "f", "honey": "f", "jade": "f", "melody": "f", "mercy": "f", "opal": "f", "patience": "f",
    "prudence": "f", "sandy": "f", "star": "f", "sunny": "f", "verity": "f", "viola": "f", "fern": "f", "flora": "f",
    "carol": "f", "angel": "", "river": "", "sky": "", "sage": "", "storm": "",
    "merry": "f", "myrtle": "f", "petunia": "f", "poppy": "f", "rosemary": "f", "tanner": "m",
    "taylor": "", "tucker": "m", "tailor": "", "bud": "m", "buddy": "m", "chip": "m", "dot": "f", "gale": "", "kit": "",
    "val": "", "ash": "", "jules": "", "parker": "", "peg": "f", "paris": "f",
    "china": "f", "jordan": "", "georgia": "f", "florence": "f", "sydney": "f", "victoria": "f", "virginia": "f",
    "austin": "m", "israel": "m", "chad": "m", "chelsea": "f", "lincoln": "m", "jackson": "m",
    "dallas": "m", "jay": "m", "wren": "f", "robbie": "", "teddy": "m", "pip": "m", "buck": "m", "ford": "m",
}  # fmt: skip
"""Names that are common words or places too, and so count as names only where something else says so."""

TITLES = {
    "mr": "m", "mister": "m", "mrs": "f", "ms": "f", "miss": "f", "madam": "f", "madame": "f", "dr": "", "doctor": "",
    "prof": "", "professor": "", "sir": "m", "lady": "f", "lord": "m", "dame": "f", "king": "m", "queen": "f",
    "prince": "m", "princess": "f", "duke": "m", "duchess": "f", "count": "m", "countess": "f", "baron": "m",
    "captain": "", "capt": "", "colonel": "", "general": "", "major": "", "lieutenant": "", "lt": "", "sergeant": "",
    "sgt": "", "corporal": "", "private": "", "commander": "", "admiral": "", "detective": "", "det": "",
    "inspector": "", "insp": "", "constable": "", "pc": "", "officer": "", "agent": "", "sheriff": "", "aunt": "f",
    "auntie": "f", "uncle": "m", "grandma": "f", "grandpa": "m", "granny": "f", "nurse": "", "rev": "", "reverend": "",
    "father": "m", "mother": "f", "brother": "m", "sister": "f", "judge": "", "president": "", "senator": "",
    "mayor": "", "saint": "", "st": "", "cousin": "", "coach": "", "chef": "", "farmer": "", "wizard": "", "master": "m",
    "mlle": "f", "mme": "f", "monsieur": "m", "herr": "m", "frau": "f", "señor": "m", "señora": "f",
}  # fmt: skip
"""A title before a name -> the gender it tells."""

CITIES = frozenset(
    """
    london paris berlin rome madrid lisbon vienna prague warsaw budapest athens dublin edinburgh glasgow cardiff belfast
    manchester liverpool birmingham leeds bristol oxford cambridge york bath brighton amsterdam rotterdam brussels
    antwerp zurich geneva munich hamburg cologne frankfurt stuttgart dresden copenhagen oslo stockholm helsinki
    reykjavik moscow kiev kyiv minsk istanbul ankara cairo alexandria_city casablanca tunis lagos nairobi johannesburg
    tokyo kyoto osaka beijing shanghai seoul bangkok hanoi singapore manila jakarta mumbai delhi kolkata bangalore
    karachi tehran baghdad jerusalem dubai sydney melbourne perth auckland wellington toronto montreal vancouver ottawa
    boston chicago houston dallas denver seattle miami atlanta detroit philadelphia washington phoenix_city austin_city
    milan naples venice florence turin barcelona seville valencia marseille lyon nice_city bordeaux lille england
    scotland wales ireland britain france germany italy spain portugal austria switzerland belgium holland netherlands
    denmark norway sweden finland iceland poland hungary greece turkey russia ukraine egypt morocco nigeria kenya
    ghana ethiopia china japan korea india pakistan bangladesh thailand vietnam indonesia malaysia australia canada
    mexico brazil argentina chile peru colombia cuba jamaica america usa uk europe asia africa antarctica california
    texas florida hawaii alaska brooklyn manhattan hollywood heathrow gatwick
    """.split()
)
"""Cities and countries, in small letters."""

MONTHS = (
    "january february march april may june july august september october november december"
).split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
