"""Nouns by kind: places, boxes (what things can be in or on), things and persons; adjectives that stand before them.

The kind of a mention is a hint, not a verdict: a noun that is missing here is a `noun`, and is read all the same.
Words of two parts are joined by an underscore.
"""

from __future__ import annotations

PLACES = frozenset(
    """
    canal kerb pavement     kitchen bedroom bathroom office garden hallway school park cinema attic cellar basement garage shed barn house
    home hall living_room dining_room lounge parlour parlor den study library nursery playroom classroom gym gymnasium
    pool swimming_pool yard backyard courtyard patio terrace balcony porch veranda deck roof rooftop loft pantry larder
    scullery laundry laundry_room utility_room toilet loo restroom washroom lavatory ensuite shower_room sauna spa
    corridor passage passageway stairwell staircase stairs landing lobby foyer vestibule reception entrance exit
    doorway gateway gate driveway drive street road lane alley avenue boulevard highway motorway path pathway trail
    track bridge tunnel square plaza market marketplace supermarket shop store mall grocery grocery_store bakery
    butcher's bookshop bookstore pharmacy chemist's drugstore florist's boutique salon barber's hairdresser's café cafe
    coffee_shop restaurant canteen cafeteria diner pub bar tavern inn hotel motel hostel guesthouse resort lodge cabin
    cottage hut tent camp campsite mansion villa palace castle fort fortress tower turret keep dungeon prison jail cell
    throne_room ballroom great_hall armoury armory chapel church cathedral temple mosque synagogue monastery convent
    abbey crypt tomb graveyard cemetery churchyard vicarage rectory hospital clinic surgery ward theatre theater
    operating_theatre morgue laboratory lab observatory planetarium museum gallery archive archives stadium arena
    playground playing_field pitch court rink track_field racecourse circus zoo aquarium farm field meadow pasture
    orchard vineyard greenhouse hothouse conservatory stable stables paddock pen coop henhouse pigsty sty kennel
    barnyard farmyard farmhouse mill windmill forest woods wood jungle grove glade clearing thicket swamp marsh bog
    moor heath desert oasis dune beach shore coast seaside seashore cliff cave cavern grotto mine quarry hill hilltop
    mountain valley canyon gorge ravine summit peak ridge volcano glacier island peninsula bay cove harbour harbor
    port dock docks pier jetty quay wharf marina lighthouse lake pond river riverbank stream creek brook waterfall
    spring well fountain sea ocean lagoon reef station train_station railway_station bus_station bus_stop airport
    terminal platform hangar runway depot garage_forecourt car_park parking_lot carpark petrol_station gas_station
    warehouse factory workshop studio plant mill_house refinery shipyard construction_site building_site site
    warehouse_floor loading_dock loading_bay dispatch despatch storeroom stockroom storage storage_room supply_room
    cloakroom changing_room locker_room dressing_room fitting_room waiting_room meeting_room conference_room boardroom
    staffroom staff_room break_room breakroom mailroom server_room control_room engine_room boiler_room cockpit
    galley hold_deck bridge_deck cargo_bay airlock spaceship_bay hangar_bay infirmary sickbay mess mess_hall barracks
    bunker headquarters hq police_station precinct courthouse courtroom town_hall city_hall embassy consulate bank
    post_office fire_station university college campus lecture_hall auditorium dormitory dorm kindergarten preschool
    city town village suburb downtown neighbourhood neighborhood district county country state world capital
    countryside border region territory kingdom empire realm land homeland planet moon room bedroom_suite suite flat
    apartment penthouse condo bungalow building block floor ground_floor first_floor upstairs downstairs outside
    inside outdoors indoors abroad overseas underground lavatory_block greenroom backstage stage wings crossroads
    junction intersection roundabout corner_shop corner riverside waterfront lakeside hillside roadside wasteland
    battlefield shelter refuge hideout lair nest_site burrow hole pit trench ditch well_house shrine altar_room
    sanctuary vault treasury mint crypt_hall sewer sewers subway metro department accounting marketing branch counter
    checkout front_desk help_desk helpdesk facility center centre hub gateway_room ward_room clubhouse club casino
    nightclub disco fairground carnival fair festival bazaar stall kiosk booth newsagent's delicatessen deli
    launderette laundromat garage_workshop tea_room ticket_office box_office lost_property_office
    spaceport dome crater colony outpost moat drawbridge maze labyrinth rock_pool sandpit allotment
    lawn flowerbed vegetable_patch hedge back_garden front_garden back_yard front_yard driveway_gate summerhouse
    treehouse tree_house gazebo pavilion work bed church_hall village_hall youth_club sports_hall sports_centre
    nursing_home care_home orphanage rehearsal_room recording_studio darkroom cold_store cold_storage freezer_room
    wine_cellar coal_cellar evidence_room interview_room crime_scene scene cafe_terrace picnic_area viewpoint lookout
    anchor_point north_wing east_wing west_wing south_wing wing guest_room spare_room sitting_room drawing_room
    place aisle family_room games_room common_room day_room sickroom box_room mud_room sunroom sun_room wet_room
    """.split()
)

BOXES = frozenset(
    """
    box drawer bag table shelf car van cupboard cabinet wardrobe closet chest trunk suitcase case briefcase backpack
    rucksack knapsack satchel handbag purse wallet pocket basket bucket bin trash rubbish_bin dustbin trash_can
    wastebasket crate carton container tin can jar bottle jug mug cup glass bowl plate tray pot pan kettle teapot vase
    safe locker desk bookcase bookshelf sideboard dresser chest_of_drawers counter_top countertop worktop bench stool
    chair armchair sofa couch settee mattress pillow cushion rug carpet mat windowsill window_sill ledge mantelpiece
    mantel fireplace oven stove microwave fridge refrigerator freezer dishwasher washing_machine dryer sink basin
    bathtub tub bath shower barrel sack pouch envelope folder binder file_cabinet filing_cabinet rack hook peg
    coat_rack coat_hook hanger stand trolley cart wagon wheelbarrow pram pushchair stroller truck lorry bus train taxi
    cab bike bicycle motorbike boat ship canoe raft ferry plane aeroplane airplane helicopter tram coach sled sledge
    trailer ambulance minibus cooker throne toolbox tool_box lunchbox lunch_box jewellery_box jewelry_box matchbox shoebox shoe_box cookie_jar biscuit_tin
    piggy_bank hamper laundry_basket mailbox letterbox letter_box postbox pigeonhole in-tray intray out-tray pallet
    skip dumpster hutch cage birdcage tank fish_tank aquarium_tank nest hat_box drum_case glove_compartment glovebox
    boot_space cot crib cradle bunk hammock bedside_table nightstand night_stand coffee_table workbench
    coffin casket urn cauldron quiver sheath holster till cash_register cash_box piano_stool stocking compartment
    capsule tube flask canister holdall tote bum_bag duffel_bag sports_bag gym_bag carrier_bag shopping_bag
    paper_bag plastic_bag evidence_bag pencil_case pencil_box display_case vending_machine rowing_boat spaceship rocket
    submarine carriage stagecoach shopping_trolley shopping_cart manger trough bunk_bed tree haystack bush log_pile
    """.split()
)

THINGS = frozenset(
    """
    key lamp apple football milk ball book pen pencil letter ring coin hat coat scarf glove umbrella phone mobile
    laptop computer tablet charger camera watch clock radio television tv remote torch flashlight lantern candle
    match lighter knife fork spoon dish saucer napkin towel soap toothbrush toothpaste shampoo comb brush mirror
    razor scissors needle thread button ribbon string rope chain wire tape glue hammer nail screw screwdriver wrench
    spanner pliers saw drill axe hatchet shovel spade rake hoe ladder broom mop hose sprinkler lawnmower mower
    wheel tyre tire engine battery bulb light_bulb plug socket cable adapter keyboard mouse printer scanner stapler
    staple paperclip paper notebook notepad pad diary journal calendar newspaper magazine comic map ticket
    passport licence license card id_card badge keycard credit_card receipt invoice contract document file report
    form note memo postcard stamp parcel package packet present gift toy doll teddy teddy_bear puppet kite balloon
    marble puzzle jigsaw dice game chessboard pawn rook bishop cricket_bat bat racket net shuttlecock frisbee skateboard
    helmet bread loaf toast cake pie biscuit cookie muffin sandwich burger pizza cheese butter jam honey sugar salt
    pepper egg bacon ham sausage steak chicken fish soup stew salad rice pasta noodles potato tomato carrot onion
    cabbage lettuce cucumber pea bean corn mushroom garlic orange banana pear peach plum cherry grape lemon lime melon
    watermelon strawberry raspberry berry pineapple mango coconut nut peanut chocolate candy sweet lollipop ice_cream
    tea coffee juice water wine beer soda cola lemonade cocoa cream yoghurt yogurt flour recipe medicine pill tablet
    bandage syringe thermometer stethoscope mask wheelchair crutch cane walking_stick stick stone rock pebble shell
    feather leaf flower rose tulip daisy lily sunflower bouquet seed plant cactus log branch twig coal gold silver
    diamond ruby emerald sapphire pearl jewel gem crystal necklace bracelet earring brooch crown tiara sceptre scepter
    medal trophy cup_final sword dagger shield bow arrow spear lance gun pistol rifle bullet bomb grenade cannon armour
    armor potion wand staff amulet talisman scroll spellbook orb crystal_ball treasure relic statue painting picture
    photo photograph portrait poster frame vinyl disc cd dvd usb_stick memory_stick hard_drive disk floppy cassette
    guitar violin piano flute trumpet drum harp cello clarinet saxophone whistle bell microphone speaker headphones
    earphones shirt t-shirt blouse jumper sweater cardigan jacket suit dress skirt trousers pants jeans shorts sock
    stockings shoe boots boot sandal slipper trainers belt tie bow_tie cap bonnet apron uniform pyjamas pajamas
    dressing_gown raincoat swimsuit goggles sunglasses glasses spectacles lens binoculars telescope microscope compass
    anchor oar paddle fishing_rod rod bait net_bag tent_peg sleeping_bag blanket sheet quilt duvet pillowcase curtain
    brick plank board tile pipe hose_pipe paint paintbrush paint_brush roller canvas easel crayon chalk eraser rubber
    ruler sharpener calculator highlighter marker textbook dictionary novel manuscript essay homework exam_paper
    folder_tab deck_of_cards playing_card domino chess_set board_game dog cat puppy kitten rabbit hamster parrot
    goldfish horse pony cow pig sheep goat hen duck goose turtle frog snake spider bee butterfly mouse rat wolf lion
    tiger bear monkey elephant swan rhino fox owl crow pigeon lamb donkey vase_stand tool toolkit kit first_aid_kit
    equipment device gadget item object thing stuff belongings luggage baggage cargo goods shipment supply supplies
    sample specimen evidence clue money cash cheque check_book wallet_chain purse_string dollar pound euro penny
    gear chain_saw chainsaw crowbar lockpick fuse sensor router server monitor screen cursor projector whiteboard
    blackboard flag banner sign barrier cone extinguisher fire_extinguisher forklift pallet_jack hoist crane sack_truck
    drone robot bolt nut washer gloves vest hard_hat overalls rag sponge bleach detergent matchstick cigar cigarette pipe_tobacco
    door window wall ceiling handle knob lock padlock hinge switch button_box doorbell remote_control alarm_clock
    pocket_watch wristwatch pendant locket snack lunch dinner supper breakfast meal picnic blueprint plan drawing
    sculpture mop_head hairbrush hairdryer lipstick perfume makeup nail_file tissue handkerchief plaster ointment
    cushion_cover yarn wool pin zip bangle purse_strap fob token voucher coupon permit certificate deed will_paper
    cartridge usb cable_tie charger_lead powerbank headset webcam earbuds earphone e-reader kindle ipad macbook
    smartphone handset walkie-talkie megaphone trombone tuba ukulele banjo harmonica accordion drumstick drumsticks
    plectrum metronome sheet_music songbook scorebook stopwatch baton javelin discus puck golf_club golf_ball
    tennis_ball tennis_racket hockey_stick ski skis snowboard surfboard wetsuit flippers snorkel lifejacket
    life_jacket paddleboard sled_rope crampon carabiner harness headlamp head_torch thermos lunchbox_lid cool_bag
    picnic_blanket firewood kindling tarp tarpaulin mallet bungee tripod lens_cap memory_card film_roll negative
    album scrapbook atlas encyclopedia pamphlet leaflet brochure flyer catalogue catalog manual booklet ledger
    logbook notepaper clipboard chart x-ray prescription inhaler insulin stretcher crutches splint sling hearing_aid
    dentures contact_lenses eyedrops thermos_flask teaspoon tablespoon ladle whisk spatula tongs colander sieve
    grater peeler corkscrew tin_opener can_opener bottle_opener rolling_pin cutting_board chopping_board breadboard
    apron_string oven_glove tea_towel dishcloth scourer washing-up_liquid casserole lasagne lasagna quiche pancake
    waffle croissant bagel baguette bun roll scone brownie pudding trifle pastry tart crumble custard syrup treacle
    marmalade mustard ketchup mayonnaise vinegar oil olive_oil spice cinnamon ginger_root basil_plant parsley leek
    pumpkin squash courgette aubergine avocado spinach broccoli cauliflower sprout radish turnip beetroot fig
    date_fruit raisin almond walnut hazelnut chestnut oat porridge cereal muesli yeast dough batter gravy turkey
    lobster crab prawn salmon trout tuna cod sardine oyster mussel emerald_ring sapphire_ring tapestry vase_shard
    pottery mosaic fossil skull bone mummy_case amphora chalice goblet tankard flagon cauldron_lid broomstick
    crystal_shard flute_case music_box snow_globe clockwork pocketknife penknife swiss_army_knife flare flare_gun
    foghorn buoy lifebelt lifebuoy rudder tiller sextant spyglass ensign pennant saddle bridle reins halter
    horseshoe hay_bale pitchfork scythe sickle watering_can secateurs shears trowel hosepipe wheel_nut jack_handle
    jump_leads spark_plug windscreen wiper number_plate tow_rope bike_lock bike_pump inner_tube puncture_kit
    hi-vis_vest spirit_level tape_measure plumb_line paint_tin sandpaper varnish chisel plane_blade clamp sawhorse
    soldering_iron multimeter extension_lead glue_gun wrapping_paper gift_card birthday_card greeting_card party_hat
    pinata bunting confetti garland wreath bauble christmas_tree stocking_filler advent_calendar easter_egg ferret
    gerbil guinea_pig budgie canary tortoise lizard iguana piglet lamb_chop foal calf kid_goat gosling duckling
    chick cockerel rooster turkey_cock peacock pheasant falcon hawk eagle seagull penguin seal dolphin whale shark
    squirrel hedgehog badger otter beaver mole raccoon skunk deer stag moose reindeer camel llama alpaca giraffe
    zebra hippo lion_cub panda koala kangaroo
    """.split()
)

# gender after a colon where the word tells it
_PERSONS = """
    man:m woman:f boy:m girl:f child kid baby toddler infant teenager adult lady:f gentleman:m guy:m bloke:m chap:m
    lad:m lass:f fellow:m person people:p stranger friend neighbour neighbor guest visitor host hostess:f landlord:m
    landlady:f tenant mother:f father:m mum:f mom:f mummy:f mommy:f dad:m daddy:m parent son:m daughter:f brother:m
    sister:f twin uncle:m aunt:f auntie:f cousin nephew:m niece:f grandmother:f grandfather:m grandma:f grandpa:m
    granny:f gran:f nan:f nana:f granddad:m grandad:m grandson:m granddaughter:f grandchild husband:m wife:f
    partner boyfriend:m girlfriend:f fiancé:m fiancée:f bride:f groom:m widow:f widower:m stepmother:f stepfather:m
    stepbrother:m stepsister:f godmother:f godfather:m guardian orphan ancestor teacher student pupil professor lecturer
    headmaster:m headmistress:f principal classmate tutor coach_trainer trainer instructor librarian caretaker janitor
    cleaner guard doctor nurse surgeon dentist vet paramedic patient therapist pharmacist optician midwife:f policeman:m
    policewoman:f officer detective inspector sergeant constable sheriff:m deputy marshal cop spy agent witness suspect
    victim thief robber burglar criminal prisoner convict killer murderer lawyer solicitor barrister judge juror
    clerk secretary receptionist manager boss director employee worker colleague coworker co-worker assistant intern
    apprentice trainee supervisor foreman:m engineer technician mechanic electrician plumber carpenter builder
    bricklayer painter decorator gardener farmer farmhand shepherd miner fisherman:m sailor captain pilot steward
    stewardess:f driver chauffeur courier postman:m postwoman:f mailman:m messenger porter doorman:m butler:m maid:f
    housekeeper cook chef baker butcher grocer waiter:m waitress:f barman:m barmaid:f bartender barista customer client
    buyer seller salesman:m saleswoman:f salesperson shopkeeper shop_assistant cashier merchant trader vendor dealer
    supplier banker accountant auditor broker economist politician president minister prime_minister mayor senator
    governor ambassador diplomat king:m queen:f prince:m princess:f duke:m duchess:f lord:m baron:m baroness:f
    knight:m squire:m jester page_boy:m servant slave peasant villager citizen mayoress:f emperor:m empress:f sultan:m
    wizard:m witch:f sorcerer:m sorceress:f warlock:m mage magician elf dwarf goblin ogre troll giant fairy:f
    mermaid:f vampire werewolf ghost monster dragon hero heroine:f villain warrior fighter soldier archer ranger
    rogue bard druid cleric paladin priest:m priestess:f monk:m nun:f vicar pastor rabbi imam bishop_of_rome pope:m
    abbot:m hermit pilgrim prophet adventurer explorer traveller traveler tourist passenger commuter cyclist
    pedestrian hiker climber runner player athlete swimmer footballer goalkeeper referee umpire champion rival
    opponent teammate actor:m actress:f singer musician pianist guitarist drummer dancer artist sculptor poet writer
    author journalist reporter editor photographer director_general producer scientist researcher chemist physicist
    biologist astronomer astronaut inventor historian archaeologist mathematician programmer developer designer
    architect operator tester analyst consultant contractor inspector_general recruit sentry watchman:m gatekeeper
    lifeguard firefighter fireman:m ambulance_driver babysitter nanny:f au_pair roommate flatmate housemate lodger
    owner tailor:m seamstress:f cobbler:m blacksmith:m jeweller jeweler watchmaker hunter:m woodcutter:m lumberjack:m
    ferryman:m innkeeper bandit pirate outlaw beggar tramp_man team crew group couple:p family:p gang committee
    class_mate audience crowd police:p children:p kids:p men:p women:p parents:p twins:p everyone_else
    picker packer loader forklift_driver storeman:m dispatcher foreperson kidnapper shopper guide leader chief
    commander general major colonel lieutenant corporal private_soldier cadet scout
    mover jogger curator conservator bellboy:m bellhop treasurer chairman:m chairwoman:f chairperson locksmith
    warden beekeeper skipper deckhand bosun purser conductor usher bouncer caterer gravedigger glazier roofer
    surveyor welder machinist joiner stonemason brewer winemaker milkman:m stablehand jockey rower skier skater
    surfer diver angler poacher trapper pickpocket smuggler forger informant hostage negotiator gangster accomplice
    hacker matron:f orderly anaesthetist radiologist physiotherapist physio registrar counsellor childminder
    schoolboy:m schoolgirl:f prefect headteacher archivist collector auctioneer bookseller publisher translator
    interpreter typist columnist presenter newsreader cameraman:m stagehand understudy soloist violinist cellist
    trumpeter organist bassist choirmaster:m choreographer ballerina:f acrobat clown juggler ringmaster:m
    fortune_teller hypnotist bridesmaid:f bridegroom:m mother-in-law:f father-in-law:m sister-in-law:f
    brother-in-law:m son-in-law:m daughter-in-law:f great-aunt:f great-uncle:m great-grandmother:f
    great-grandfather:m stepson:m stepdaughter:f goddaughter:f godson:m fiance:m fiancee:f spouse sibling youngster
    pensioner newcomer passer-by passerby bystander onlooker volunteer helper councillor envoy chamberlain:m herald
    minstrel farrier swineherd goatherd shepherdess:f milkmaid:f crone:f hag:f enchantress:f gnome hobbit demon
    genie repairman:m handyman:m workman:m tradesman:m concierge valet chambermaid:f sommelier realtor copilot
    co-pilot forester gamekeeper stallholder fishmonger greengrocer ironmonger bookkeeper storekeeper ceo custodian
    verger sexton curate friar:m missionary camper backpacker mountaineer rambler counselor kayaker rider motorist
    biker motorcyclist trucker hitchhiker skateboarder snowboarder bellringer delivery_man:m security_guard
    flight_attendant customs_officer traffic_warden estate_agent stepsibling foster_mother:f foster_father:m
    removal_man:m removal_men:p policemen:p firemen:p workmen:p schoolchildren:p grandchildren:p grandparents:p
    newlyweds:p saleslady:f seamster tinker monarch heir:m heiress:f countess:f nobleman:m noblewoman:f chancellor
    stationmaster:m signalman:m guardsman:m coastguard castaway deckhand stowaway
    """

PERSONS: dict[str, str] = {}
"""A noun for a person -> its gender."""
for _entry in _PERSONS.split():
    _noun, _, _gender = _entry.partition(":")
    PERSONS[_noun] = _gender

KIND: dict[str, str] = {}
"""A noun -> its kind."""
for _kind, _nouns in (("thing", THINGS), ("place", PLACES), ("box", BOXES), ("person", PERSONS)):
    KIND.update(dict.fromkeys(_nouns, _kind))

NOUNS = frozenset(
    """
    final finals semifinal quarterfinal     drinks colour color object time day night week month year hour minute morning afternoon evening name word story question
    answer idea problem reason way kind sort type part piece end top bottom middle side front back edge foot rest half
    number list set pair lot bit thing news truth secret lie mistake accident party meeting lesson concert film movie
    show match trip holiday vacation journey walk ride swim nap sleep dream job task project mission quest war battle
    weather rain snow sun wind storm air fire smoke noise sound voice song music silence smell taste pain help advice
    information data evidence_list love hope fear anger joy luck chance power energy strength speed birthday christmas
    easter wedding funeral dinner_party interview call email message text size shape weight triangle square circle
    rectangle sphere cube head face eye ear nose mouth hand arm leg finger shoulder knee heart stomach hair body
    animal bird insect pet creature stock weapon vehicle order count jewellery jewelry straw hay wood neck wrist chest_
    ground air_ view pace
    """.split()
)
"""Nouns that are neither persons nor places nor things to be carried."""

ADJECTIVES = frozenset(
    """
    small big large little tiny huge old new young red blue green yellow black white brown grey gray pink purple orange
    golden silver wooden brass iron steel metal copper bronze leather plastic glass stone paper heavy light long short
    tall high low wide narrow thick thin round square flat sharp blunt soft hard hot cold warm cool wet dry clean dirty
    dusty muddy rusty shiny bright dark pale dim loud quiet noisy silent fast slow quick empty full open closed locked
    broken cracked torn lost missing hidden secret spare extra second third fourth fifth sixth seventh eighth ninth
    tenth main front back left right upper lower top bottom middle inner outer north south east west northern southern
    eastern western next last first other same different good bad great best better worst worse nice lovely beautiful
    pretty ugly handsome fine expensive cheap rare precious valuable magic magical enchanted cursed ancient antique
    modern strange odd mysterious funny silly happy sad angry tired hungry thirsty bored afraid scared sick ill hurt
    well ready busy free alone late early sure certain glad sorry proud brave kind gentle cruel rude polite clever
    smart stupid wise foolish rich poor famous royal royalty public private local foreign national international
    electric electronic digital personal important special favourite favorite whole entire real fake false true wrong
    right raw fresh stale ripe rotten sweet sour bitter salty spicy delicious frozen fried baked boiled grilled roasted
    striped spotted checked plain fluffy furry woollen woolen woolly cotton silk linen rubber ceramic porcelain
    crystal diamond ruby emerald jewelled jeweled engraved carved painted polished sealed unlocked unopened signed
    stolen borrowed rusted crumpled folded rolled burnt burned burning glowing gleaming sparkling sleeping wounded
    injured dead alive asleep awake available unavailable present absent safe dangerous useful useless possible
    impossible easy difficult simple complicated wild tame friendly lonely lazy nervous anxious excited curious
    surprised worried confused pleased upset furious jealous exhausted sleepy dizzy drunk sober pregnant blind deaf
    bald blonde blond curly straight fat slim skinny plump strong weak fit healthy unhealthy pointed tin amber scarlet
    crimson violet turquoise maroon navy beige cream ivory tan velvet
    opposite nearby neighbouring neighboring adjacent central remote distant deserted abandoned haunted crowded
    cosy cozy comfortable smelly filthy tidy messy creaky leaky crooked bent twisted tiny-looking old-fashioned
    brand-new brand worn sturdy fragile delicate solid hollow transparent opaque invisible visible waterproof
    damp moist sticky slippery greasy oily smooth rough bumpy fuzzy prickly spiky bloody gold double single triple
    online offline urgent confidential final original current previous former recent annual daily weekly monthly
    overdue damaged faulty defective returned returnable incoming outgoing certain various several unused used
    afraid bigger smaller larger taller shorter older younger heavier lighter
    """.split()
)
"""Adjectives that may stand before a noun or after "is"."""

PLURALS = {
    "men": "man", "women": "woman", "children": "child", "people": "people", "mice": "mouse", "feet": "foot",
    "teeth": "tooth", "geese": "goose", "knives": "knife", "wives": "wife", "lives": "life", "leaves": "leaf",
    "shelves": "shelf", "wolves": "wolf", "loaves": "loaf", "halves": "half", "thieves": "thief", "scarves": "scarf",
    "elves": "elf", "dwarves": "dwarf", "sheep": "sheep", "fish": "fish", "potatoes": "potato", "tomatoes": "tomato",
    "heroes": "hero", "boxes": "box", "policemen": "policeman", "firemen": "fireman", "dice": "dice",
    "keys": "key", "kidneys": "kidney", "bookshelves": "bookshelf", "calves": "calf", "buses": "bus",
    "glasses": "glasses", "clothes": "clothes", "headquarters": "headquarters", "ties": "tie",
    "cookies": "cookie", "pies": "pie", "movies": "movie", "shoes": "shoe", "toes": "toe", "hoes": "hoe",
    "canoes": "canoe", "axes": "axe", "torches": "torch",
}  # fmt: skip
"""Irregular plurals -> singular."""

ANIMALS = frozenset(
    "dog cat puppy kitten rabbit hamster parrot horse pony cow pig sheep goat hen duck goose turtle frog snake spider "
    "bee mouse rat wolf lion tiger bear monkey elephant swan rhino fox owl crow pigeon lamb donkey robot drone "
    "ferret gerbil budgie canary tortoise lizard iguana piglet foal calf gosling duckling chick cockerel rooster peacock "
    "pheasant falcon hawk eagle seagull penguin seal dolphin whale shark squirrel hedgehog badger otter beaver mole "
    "raccoon skunk deer stag moose reindeer camel llama alpaca giraffe zebra hippo panda koala kangaroo raven".split()
)
"""Things that act like persons: they have names and move by themselves."""
