"""English verbs by what they do to where things are, and the irregular forms.

`VERBS` maps a lemma (a phrasal verb with an underscore: `pick_up`) to its class. A class says nothing about a clause as
a whole (who ends up with what is for the model to learn); it only makes verbs of one behaviour look the same.
"""

from __future__ import annotations

_CLASSES = {
    "<go>": """
        go walk run travel journey head hurry drive ride fly sail climb wander stroll come step rush dash race march
        sneak crawl swim bike bicycle cycle relocate proceed retreat arrive jog trot skip hop jump leap tiptoe creep
        slip stumble stagger limp hike trek roam amble saunter sprint gallop dart bolt flee scurry scuttle scamper
        trudge stride pace prowl drift float paddle row skate ski commute migrate emigrate advance approach ascend
        descend trail venture slog plod troop parade shuffle waddle strut swagger hasten speed zoom whiz whizz tramp
        ramble meander navigate cross wade dive land teleport warp escape break_out back_away turn_up show_up pop pop_in
        pop_over pop_round drop_by drop_in stop_by stop_off go_out go_in go_on_to head_off set_off
        set_out take_off run_off run_away walk_off walk_out walk_in storm storm_out wander_off move_on end_up wind_up
        check_in check_into pull_up pull_in move_in move_into come_in come_over go_over step_in step_out step_outside
        barge burst stomp clamber scramble hobble lumber tumble fall tour hitchhike drive_off make_way whirl glide
        backtrack repair_to beeline scoot nip zip moonwalk motor steer flit prance skulk slink stray traverse
        return_home cut_through
        swarm stampede swoop plummet hurtle careen lope canter gambol slither skid pedal mosey rove traipse sidle
        wriggle reel totter teeter vault lurch swerve veer call_away carry_on_to go_up go_down go_across go_round
        press_on turn_back""",
    "<enter>": "enter visit reach board access infiltrate invade re-enter reenter attend call_at walk_into step_into",
    "<exit>": """exit depart vacate abandon evacuate disembark quit clear_out get_out log_off get_off leave_for
        alight decamp""",
    "leave": "leave",
    "<follow>": """follow accompany join escort shadow chase tail pursue go_with come_with go_along tag_along
        come_along catch_up_with go_after come_after""",
    "<take>": """grab snatch collect fetch retrieve seize pick_up lift gather scoop pocket obtain acquire buy borrow
        steal confiscate check_out sign_out withdraw pick take_out pull_out take_down pluck swipe nick pinch nab
        procure purchase rob capture secure grip_up remove extract dig_up scoop_up snatch_up gather_up
        unhook unpack unload rescue salvage recover reclaim harvest catch steal_away take_away
        carry_off make_off_with run_off_with walk_off_with lift_up pull_off rent hire pilfer loot plunder
        commandeer requisition download take_from help_oneself_to take_along lay_hands_on get_hold_of take_hold_of
        grab_hold_of book_out check_off take_off_with pick_out lug_out bag appropriate impound pack_away_with
        scrounge cadge fish_out come_away_with
        forage wrest prise pry unclasp filch snaffle kidnap abduct dredge_up exhume uproot unclip unpin unhitch unstrap fork_out""",
    "take": "take",
    "get": "get",
    "carry": "carry",
    "<bring>": """bring transport haul lug drag push wheel ferry tow pull cart move convey bear tote shift schlep
        bring_in bring_over carry_over transfer relocate_thing roll hoist guide lead bring_along
        carry_away
        coax herd usher shepherd shoo lure entice smuggle whisk trundle heave shuttle airlift manhandle tug yank wrestle""",
    "<send>": "send mail ship post courier dispatch forward fax email e-mail send_off send_out airmail",
    "<hold>": """hold have keep own possess wear clutch grip cradle grasp retain brandish bear_on hold_on_to
        hang_on_to hold_onto hang_onto put_on contain sport wield cling_to store_up""",
    "<drop>": """drop discard put_down set_down lay_down release let_go_of let_go leave_behind dump drop_off ditch
        relinquish jettison let_fall unhand set_aside put_aside abandon_thing dispose_of get_rid_of throw_down
        toss_down toss_aside fling_down let_drop surrender
        offload""",
    "<lose>": "lose misplace throw_away throw_out forget_thing mislay chuck_out toss_out toss_away",
    "<put>": """put place set lay store stash stick insert tuck hang load slide shove deposit install return
        position park plant lock_up put_away put_in stow file shelve pop_thing cram stuff
        squeeze wedge rest_thing lean prop pile stack drape pour spread arrange leave_thing slot replace plop plonk
        plunk hang_up put_up unload_into drop_into toss throw fling hurl chuck lob bury pack plug fasten attach tie
        fix mount perch restore wrap seal slip_thing dunk dip immerse heap pin hook stand_up lay_out put_out put_under
        sling
        pitch erect clamp strap tether anchor nail embed enclose encase sheathe moor scatter ladle submerge plunge
        thrust ram steep transplant replant remount rehang reinstall squash enfold lower strew pour_into peg_out
        lay_aside set_up put_by lock_away shut_away fold_away tidy_away file_away""",
    "hide": "hide conceal secrete stash_away",
    "<give>": """give hand pass lend loan present award donate entrust hand_over pass_on
        give_away pay grant deliver bestow bequeath gift hand_out pass_over serve supply distribute assign issue
        contribute slip_to toss_to throw_to turn_over deal reimburse repay refund provide bring_to lend_out
        sign_over tip return_to allocate
        confer dispense foist administer""",
    "<receive>": "receive accept inherit take_delivery_of be_given earn win",
    "<find>": """find discover uncover locate come_across stumble_upon stumble_on come_upon detect find_out
        unearth""",
    "<see>": "see notice spot observe spy glimpse watch sight espy behold catch_sight_of",
    "<meet>": "meet run_into bump_into encounter meet_up meet_with meet_up_with",
    "be": "be",
    "<stay>": """stay stand sit lie wait remain sleep rest live hide_out work kneel lurk linger reside dwell camp
        loiter crouch lounge nap doze relax settle study hang_out stay_behind sit_down lie_down wait_for hang_around
        stick_around stay_put stay_in camp_out sit_up squat recline lodge nest be_located be_situated be_found
        lie_in""",
    "<swap>": "swap trade exchange barter switch swop",
    "<destroy>": """eat drink burn sell consume devour swallow use_up break smash destroy shred eat_up drink_up
        gobble gobble_up gulp gulp_down finish_off incinerate demolish tear_up throw_onto_fire burn_down blow_up
        shatter melt wreck crush scrap burn_up sell_off auction digest munch sip nibble
        slurp guzzle quaff scoff cremate compost flog wolf_down""",
    "<say>": """say tell ask think believe claim hear report guess wonder suppose dream shout know explain reply
        answer announce mention whisper yell scream insist argue declare admit confess state assume imagine suspect
        suggest warn recall remark exclaim cry_out call_out mutter mumble swear doubt figure reckon realize realise
        understand inform notify remind learn read_that write_that expect predict pretend joke lie_that point_out
        seem appear conclude complain convince persuade advise text message murmur sigh groan grumble command
        recommend presume estimate allege estimate deny advise_that feel_that inquire enquire propose
        confirm verify ponder muse proclaim reveal disclose divulge repeat specify clarify hint""",
    "<want>": """want plan intend hope try refuse decide need wish promise fail offer like would_like
        used_to going_to about_to attempt desire long aim mean agree consider prefer threaten prepare hesitate
        demand vow resolve volunteer fear dread demand_to yearn request order invite urge allow permit forbid
        encourage mean_to dare hate love have_to ought have_got_to look_for search_for seek avoid arrange_to
        think_of think_about be_supposed_to be_ready_to be_able_to choose""",
    "forget": "forget",
    "<manage>": "manage begin start continue happen proceed_to get_to remember go_on keep_on succeed help make let",
}

_ACTIONS = """
    cover scrape sieve knead simmer braise saute sear blanch parboil whip grate mince fillet marinate unlace unbutton unfasten
    unbuckle unroll unfurl unveil undo engrave etch inscribe trace replicate duplicate whittle chisel gouge rotate
    squint scowl glower glare grimace smirk sneer gape gawp sulk pout fret brood reflect wince flinch recoil jolt cringe
    cower shudder quiver twitch fidget squirm writhe pant gasp wheeze puff exhale inhale squeal screech squawk cackle
    whinny bleat snort sniff sniffle whimper whine wail yelp bellow holler babble chatter natter gabble jot scrawl
    annotate underline highlight proofread laminate photocopy defrost refreeze chill refrigerate inflate deflate
    puncture flatten malfunction disinfect sterilise sterilize sanitise sanitize ventilate resuscitate revive sedate
    prescribe massage fondle caress nuzzle snuggle irrigate fertilise fertilize mulch refurbish renovate redecorate
    repaint rebuild reconstruct restart recheck reread rewrite reschedule reopen countersign authorise authorize approve
    certify ratify oversee supervise invigilate babysit dawdle dither tarry snooze slumber oversleep sunbathe
    use show fill refill empty equip support prove try_on unwrap wrap clean paint read sing laugh cook open close lock unlock look admire greet thank wave smile talk play call wash dry
    bake boil fry grill roast stir chop slice cut peel mix taste smell listen stare gaze glance peek peer search inspect
    examine check test touch feel pat pet stroke tickle kiss hug embrace cuddle cry weep sob giggle chuckle grin frown
    nod shrug blink wink yawn sneeze cough hiccup snore breathe sigh whistle hum chant shriek roar growl bark meow purr
    howl chirp squeak quack moo dance spin twirl clap cheer applaud celebrate rejoice mourn grieve worry complain rant
    argue fight quarrel wrestle punch kick slap hit strike beat bite scratch poke nudge tap knock ring press click type
    write draw sketch doodle scribble sign stamp copy print scan photograph film record tape edit erase delete rub
    sweep mop dust vacuum scrub polish wipe rinse iron fold unfold sew knit stitch weave mend repair build construct
    assemble dismantle hammer drill saw sand screw unscrew tighten loosen measure weigh count calculate solve
    teach train practise practice rehearse exercise stretch bend bow curtsy shiver tremble shake sweat blush faint
    wake awake wake_up get_up stand_back stand_up_straight dress undress shave shower bathe brush comb wonder_at turn
    turn_on turn_off switch_on switch_off light extinguish ignite start_up shut shut_down plug_in unplug charge reboot
    wind tie_up untie knot button zip_up unzip water plant_seed weed dig rake mow trim prune saddle groom milk hunt
    fish shoot aim_at fire reload chat gossip discuss debate negotiate bargain phone telephone ring_up dial hang_up_on
    answer_phone apologise apologize forgive blame accuse praise compliment congratulate scold punish reward bless
    curse pray meditate worship marry divorce date flirt tease mock annoy bother irritate frighten scare startle
    surprise amaze astonish impress bore excite amuse entertain please delight comfort console calm soothe cheer_up
    ignore neglect respect trust mistrust miss enjoy dislike adore cherish envy pity describe define compare
    contrast analyse analyze review revise correct mark grade score win_game lose_game draw_game compete race_against
    bet gamble roll_dice shuffle_cards deal_cards guess_at vote elect appoint hire_staff fire_staff dismiss resign
    retire apply interview sponsor fund invest save spend cost owe bill invoice audit tax insure bow_down salute
    grow shrink swell rise set_sun shine glow glitter sparkle flicker flash fade rain snow hail thunder drizzle freeze
    thaw boil_over steam smoke rust rot decay bloom blossom sprout leak drip flow flood overflow spill splash sprinkle
    spray soak drench drown sink rescue_from happen_to occur exist matter belong depend rely consist include involve
    concern interest contain_error resemble look_like sound seem_like smell_of become turn_into change alter modify
    adjust adapt improve worsen increase decrease reduce expand widen narrow lengthen shorten double halve multiply
    divide add subtract equal fit suit match differ vary finish end complete stop cease pause resume delay postpone
    cancel skip_class interrupt disturb block guard protect defend attack ambush besiege surround arrest question
    interrogate handcuff jail imprison free liberate release_from patrol investigate deduce spy_on eavesdrop overhear
    interview_with document log note note_down write_down jot_down list label tag sort rank order_food serve_time
    reserve book browse surf google search_web program code debug compile deploy crash upgrade update install_app
    unlock_phone swipe_screen scroll tweet blog like_post share share_with upload stream broadcast air tune perform
    act direct produce compose conduct arrange_music strum pluck_string bow_string blow drum rap serenade juggle
    balance somersault cartwheel dive_in splash_about bounce dribble catch_breath throw_up vomit digest_food ache hurt
    heal recover_from suffer bleed bruise sprain diagnose treat cure operate vaccinate inject bandage nurse
    care look_after take_care_of babysit raise adopt_child rear breed hatch lay_egg graze peck gnaw chew lick suck
    swallow_hard spit drool snarl hiss buzz flutter flap soar hover circle pounce stalk burrow hibernate shed
    rustle creak rattle clatter bang boom click_shut slam jam stick_out bulge hang_loose dangle sway swing rock
    wobble vibrate tick chime toll strike_hour ring_out echo resound ripple undulate twist curl coil bend_over unlock_door
    unwrap_gift wrap_gift decorate adorn varnish glue staple clip tape_up carve sculpt mold mould forge weld solder
    sharpen grind crush_grapes brew distil distill ferment pickle season garnish dine feast lunch breakfast snack
    fast diet gain weigh_in measure_up photograph_well pose model wander_about daydream relive reminisce
    recollect recall_fondly memorise memorize recite quote translate interpret spell pronounce stammer stutter lisp
    introduce welcome host entertain_guests toast drink_to bid haggle shop window-shop queue line_up crowd_around
    gather_round assemble_at reunite separate part split divide_up greet_warmly bid_farewell say_goodbye
    wave_goodbye beckon gesture point nod_at signal summon alert phone_up alarm cheat trick deceive fool
    lie_to bluff hustle bully tease_about haunt possess_spirit cast enchant bewitch curse_at conjure summon_up vanish
    disappear emerge_as materialise transform shapeshift level_up defeat slay kill murder die perish survive injure
    wound stab shoot_at bomb explode collapse topple tip_over knock_over trip trip_over break_down break_up slip_up spill_over crack
    snap tear rip dent scratch_at chip stain smear smudge dirty tidy tidy_up clean_up clear clear_up wash_up mop_up
    make_tea make_coffee make_bed set_table lay_table do_homework do_dishes work_on work_out figure_out sort_out
    point_at laugh_at smile_at wave_at nod_at stare_at glance_at gaze_at grin_at frown_at
    look_at look_around look_up look_out look_in look_through look_under look_inside look_back listen_to talk_to
    speak speak_to chat_with wait_on knock_on knock_at rummage rummage_through go_through search_through check_on
    look_over bend_down duck crouch_down lean_over lean_on stand_guard stand_up sit_back get_dressed get_ready
    get_married get_lost get_angry get_tired grow_up calm_down slow_down speed_up warm warm_up heat heat_up cool
    cool_down pack_up wrap_up roll_up give_up give_in sign_in log_in log_on sign_up switch_over turn_around turn_round
    """

VERB_CLASS: dict[str, str] = dict.fromkeys(_ACTIONS.split(), "<act>")
for _token, _lemmas in _CLASSES.items():
    VERB_CLASS.update(dict.fromkeys(_lemmas.split(), _token))

PARTICLES = frozenset(
    "up down off out away back over in on along around round behind about with to through aside by together "
    "under for at after into onto of".split()
)
"""Words that may make a verb a phrasal one."""

PHRASAL: dict[str, tuple[str, ...]] = {}
"""The particles a lemma takes: `pick` -> ("up", ...). Longer ones ("let go of") first."""
for _lemma in VERB_CLASS:
    _head, _, _rest = _lemma.partition("_")
    if _rest and all(
        part in PARTICLES or part in ("go", "hold", "rid", "sight") for part in _rest.split("_")
    ):
        PHRASAL[_head] = (*PHRASAL.get(_head, ()), _rest)
PHRASAL = {head: tuple(sorted(rests, key=len, reverse=True)) for head, rests in PHRASAL.items()}

# lemma past participle [more forms]; where past and participle agree they are written once
_IRREGULAR = """
    be was been; have had; do did done; go went gone; come came come; run ran run; get got got,gotten; take took taken;
    give gave given; put put; set set; let let; cut cut; hit hit; shut shut; hurt hurt; cost cost; bet bet; split split;
    spread spread; read read; quit quit; rid rid; bid bid; burst burst; cast cast; shed shed; thrust thrust; leave left;
    bring brought; buy bought; think thought; catch caught; teach taught; seek sought; fight fought; find found;
    grind ground; wind wound; bind bound; hold held; keep kept; sleep slept; sweep swept; weep wept; creep crept;
    leap leapt,leaped; feel felt; kneel knelt,kneeled; deal dealt; mean meant; meet met; feed fed; lead led; flee fled;
    speed sped; bleed bled; breed bred; send sent; lend lent; spend spent; bend bent; build built; lose lost;
    shoot shot; sell sold; tell told; say said; pay paid; lay laid; hear heard; make made; stand stood; understand
    understood; sit sat; spit spat; win won; hang hung; swing swung; sling slung; fling flung; cling clung; string
    strung; stick stuck; strike struck; dig dug; spin spun; shine shone; hide hid hidden; ride rode ridden; rise rose
    risen; drive drove driven; write wrote written; stride strode stridden; bite bit bitten; steal stole stolen; break
    broke broken; speak spoke spoken; wake woke woken; awake awoke awoken; choose chose chosen; freeze froze frozen;
    weave wove woven; forget forgot forgotten; tear tore torn; wear wore worn; swear swore sworn; bear bore borne; eat
    ate eaten; beat beat beaten; fall fell fallen; see saw seen; draw drew drawn; grow grew grown; blow blew blown;
    throw threw thrown; know knew known; fly flew flown; slay slew slain; sing sang sung; ring rang rung; drink drank
    drunk; sink sank sunk; swim swam swum; begin began begun; shrink shrank shrunk; spring sprang sprung; lie lay lain;
    shake shook shaken; become became become; overhear overheard; withdraw withdrew withdrawn; undergo underwent
    undergone; forgive forgave forgiven; mistake mistook mistaken; slide slid; light lit; dive dove,dived dived; swell
    swelled swollen; sew sewed sewn; sow sowed sown; show showed shown; saw sawed sawn; mow mowed mown; sink sank sunk;
    dream dreamt,dreamed; burn burnt,burned; spill spilt,spilled; spell spelt,spelled; learn learnt,learned; smell
    smelt,smelled; lean leant,leaned; misplace misplaced; mislay mislaid; sneak snuck,sneaked; plead pled,pleaded;
    repay repaid; unwind unwound; resell resold; retake retook retaken; foresee foresaw foreseen;
    slit slit; wed wed; wet wet; fit fit,fitted; knit knit,knitted; forbid forbade forbidden; arise arose arisen;
    outrun outran outrun; oversleep overslept; hitch hitched; rebuild rebuilt; reread reread; rewrite rewrote rewritten; undo undid undone; rehang rehung; strew strewed strewn; oversee oversaw overseen; tread trod trodden; lie lied
    """

IRREGULAR: dict[str, list[tuple[str, str]]] = {}
"""An irregular form -> its (lemma, form) readings; form is "past" or "part"."""
for _entry in _IRREGULAR.replace("\n", " ").split(";"):
    _cells = _entry.split()
    _past, _part = _cells[1], _cells[-1]
    for _form, _names in (("past", _past), ("part", _part)):
        for _name in _names.split(","):
            _readings = IRREGULAR.setdefault(_name, [])
            if (_cells[0], _form) not in _readings:
                _readings.append((_cells[0], _form))
for _name, _reading in {
    "am": ("be", "s"), "is": ("be", "s"), "are": ("be", "s"), "was": ("be", "past"), "were": ("be", "past"),
    "'m": ("be", "s"), "'re": ("be", "s"), "has": ("have", "s"), "does": ("do", "s"), "goes": ("go", "s"),
    "lying": ("lie", "ing"), "tying": ("tie", "ing"), "dying": ("die", "ing"), "being": ("be", "ing"),
}.items():  # fmt: skip
    IRREGULAR[_name] = [_reading]
