"""The English of the simulated worlds: how each kind of event, non-event and question may be worded.

A pattern is plain text with alternatives `(to|into)` and placeholders: {a} agents, {o} themes, {r} recipient, {l} and {k}
destinations, {s} source, {p} a companion who acts too, {x} and {y} bystanders without a role. Event patterns start with the
verb in its base form and are conjugated here; patterns that start with `=` are whole sentences.
"""

from __future__ import annotations

import re
from random import Random

IRREGULAR = {  # base: past, participle
    "be": ("was", "been"), "bring": ("brought", "brought"), "come": ("came", "come"), "do": ("did", "done"),
    "drive": ("drove", "driven"), "fall": ("fell", "fallen"), "find": ("found", "found"), "get": ("got", "got"),
    "give": ("gave", "given"), "go": ("went", "gone"), "have": ("had", "had"), "hide": ("hid", "hidden"),
    "hold": ("held", "held"), "keep": ("kept", "kept"), "lay": ("laid", "laid"), "leave": ("left", "left"),
    "lend": ("lent", "lent"), "lie": ("lay", "lain"), "lose": ("lost", "lost"), "make": ("made", "made"),
    "put": ("put", "put"), "read": ("read", "read"), "ride": ("rode", "ridden"), "run": ("ran", "run"),
    "see": ("saw", "seen"), "send": ("sent", "sent"), "set": ("set", "set"), "sing": ("sang", "sung"),
    "sit": ("sat", "sat"), "sleep": ("slept", "slept"), "stand": ("stood", "stood"), "steal": ("stole", "stolen"),
    "swim": ("swam", "swum"), "take": ("took", "taken"), "throw": ("threw", "thrown"), "wear": ("wore", "worn"),
    "eat": ("ate", "eaten"), "break": ("broke", "broken"), "buy": ("bought", "bought"), "sell": ("sold", "sold"),
    "stick": ("stuck", "stuck"), "hang": ("hung", "hung"), "slide": ("slid", "slid"), "fly": ("flew", "flown"), "let": ("let", "let"),
    "drink": ("drank", "drunk"), "begin": ("began", "begun"), "forget": ("forgot", "forgotten"), "know": ("knew", "known"),
    "write": ("wrote", "written"), "draw": ("drew", "drawn"), "hear": ("heard", "heard"), "speak": ("spoke", "spoken"), "lead": ("led", "led"),
    "flee": ("fled", "fled"), "travel": ("travelled", "travelled"), "teach": ("taught", "taught"), "cry": ("cried", "cried"), "stow": ("stowed", "stowed"),
    "spend": ("spent", "spent"), "spread": ("spread", "spread"), "catch": ("caught", "caught"), "wake": ("woke", "woken"), "win": ("won", "won"), "show": ("showed", "shown"),
    "think": ("thought", "thought"), "meet": ("met", "met"), "say": ("said", "said"), "tell": ("told", "told"),
}  # fmt: skip
DOUBLED = {
    "put",
    "set",
    "run",
    "get",
    "drop",
    "sit",
    "swim",
    "grab",
    "slip",
    "swap",
    "step",
    "hit",
    "spot",
    "hug",
    "chat",
    "trip",
    "shut",
    "pop",
    "nip",
    "stop",
    "jog",
    "skip",
    "drag",
    "forget",
    "wrap",
    "clap",
    "hop",
    "let",
    "ship",
    "travel",
    "prefer",
}


def conjugate(verb: str, form: str) -> str:
    """`verb` in `form`: base, third, past, participle or ing."""
    if form == "base":
        return verb
    if form in ("past", "participle"):
        if verb in IRREGULAR:
            return IRREGULAR[verb][form == "participle"]
        if verb.endswith("e"):
            return verb + "d"
        if verb.endswith("y") and verb[-2] not in "aeiou":
            return verb[:-1] + "ied"
        return verb + (verb[-1] if verb in DOUBLED else "") + "ed"
    if form == "third":
        if verb == "have":
            return "has"
        if verb.endswith(("s", "sh", "ch", "x", "o")):
            return verb + "es"
        return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "s"
    if verb == "lie":
        return "lying"
    if verb.endswith("e") and verb not in ("be", "see", "flee"):
        return verb[:-1] + "ing"
    return verb + (verb[-1] if verb in DOUBLED else "") + "ing"


TO = "(to|to|to|into|in|inside|back to|over to|through to|down to|up to|across to|out to|onto|to|back into)"
IN = "(in|in|in|on|at|inside|under|behind|beside|near|by|into|onto|on|in)"
BY = "(of|in|on|at|near|beside|by|under|above|behind|inside|next to|in front of)"
GO = "(go|walk|run|travel|journey|move|hurry|come|return|drive)"
TAKE = "(take|grab|get|pick up|collect|fetch|steal|take|get|buy|snatch|lift|take)"
PUT = "(put|place|set|leave|lay|store|drop|hide|put|put back)"
GIVE = "(give|hand|pass|lend|give|sell|slip)"
DROP = "(drop|discard|put down|set down|leave|lay down|release|abandon|leave behind)"

# Where somebody is, told with how they are: of people only.
ALIVE = (
    "={a} BE (asleep|busy|alone|tired|late|ill|happy|awake|safe|bored|sad|fast asleep|still asleep) (in|at|on) {l}",
    "={a} BE (asleep|alone|busy|stuck|trapped) in {l} (with {p}|for a while|)",
    "fall asleep (in|at|on|under) {l}",
)

EVENTS: dict[str, tuple[str, ...]] = {
    "move": (
        f"{GO} {TO} {{l}}", f"{GO} {TO} {{l}}", f"{GO} {TO} {{l}}", f"{GO} from {{s}} {TO} {{l}}", f"{GO} out of {{s}} (into|to|and into) {{l}}",
        "leave {s} for {l}", "(enter|visit|reach) {l}", "(arrive|arrive back) (at|in) {l}", "get (to|into|back to) {l}", "step into {l}",
        f"={{a}} BE {IN} {{l}}", f"={{a}} BE {IN} {{l}}", f"={{a}} BE (still|now|back|already|also) {IN} {{l}}",
        f"(sit|stand|sleep|stay|lie|hide) {IN} {{l}}", "={a} BE (sitting|standing|waiting|sleeping|lying|working|resting) (in|at|by|under|behind|near|beside) {l}",
        "(sing|read|cook|play|dance|talk|eat lunch|have lunch|have a rest) (in|at|by|on) {l}", "(clean|paint|read|open|polish|repair) {x} in {l}",
        "fall (into|in|on|onto|under|behind) {l}", "= (in|at|inside) {l} BE {a}", "=there BE {a} (in|on|at|under|inside) {l}",
        f"{GO} {TO} {{l}} (again|alone|together|with {{p}}|by bus|for lunch|to rest|because of {{x}})", "(follow|join) {p} (to|into|in|at) {l}",
        "(meet|greet|talk to|call) {p} (in|at) {l}", "return from {s} to {l}", "(go|walk|run|come|return) {l=home}", "(go|run|walk) {l=upstairs}",
        "(sneak|climb|crawl|rush|sail|fly|march|wander|head|race) (to|into|up to|over to|back to) {l}", f"manage to {GO} {TO} {{l}}", f"start to {GO} {TO} {{l}}",
        "(turn up|end up) (in|at) {l}", "(go|come|travel|return) by (bus|train|tram|bike|car|taxi|boat) to {l}", f"{GO} {TO} {{l}} {BY} {{x}}", f"{GO} {TO} {{l}} without (it|him|her|them|{{x}})", "={a} BE (in|at|on) {l} (of|near|for) {x}", f"={{a}} BE (in|at|on|under|behind|inside) {{l}} {BY} {{x}}", f"={{a}} BE (still|now|) (in|on|under) {{l}} {BY} {{x}}", f"(sit|stand|sleep|stay|lie|hide) (in|at|on|under) {{l}} {BY} {{x}}", f"={{a}} BE (lying|standing|sitting|hanging) (in|at|on|under|behind) {{l}} {BY} {{x}}", "(go|walk|run|come|hurry|drive|return|travel|move|sneak|fly) {t}", "(go|walk) {t} (too|again|alone|as well)", "={a} BE (still|already|also|) {t}", "(sit|stand|wait|stay|sleep|remain) {t}",
        f"{GO} {TO} {{l}} to (get|fetch|see|meet|clean|read|make|find|buy|look for|take|collect|visit|talk to) {{x}}", f"{GO} {TO} {{l}} to (eat|rest|sleep|work|play|wait)", f"{GO} {TO} {{l}} (before|after|during|for|without) {{x}}", "(stop|stay|remain|wait) (at|in|by) {l} (with {p}|for a while|to rest|)",
        "(take|catch) a (train|bus|taxi) to {l}", f"{GO} (over|across|past|along|around) {{x}} (to|into|back to) {{l}}", f"{GO} {TO} {{l}} to (help|see|meet|visit|join) {{y}}", "(spend) the (night|day|evening|morning|afternoon) (in|at) {l}", "(spend) the (night|day|afternoon|evening) {t}", "wake up (in|at|on) {l}", "(have|eat) (lunch|dinner|breakfast) (in|at) {l}",
        f"{GO} (upstairs|downstairs|outside|off|out|back|away|up|down|over) {TO} {{l}}", "(use|try) {x} (in|at) {l}", "(help|watch|visit|teach|hug|kiss) {p} (in|at) {l}",
    ),
    "leave": (
        "(leave|exit|depart|vacate) {s}", "leave {s}", "leave", "(go|walk|run|come|get|drive|step|climb) out of {s}", "(go|walk|run|drive) (away|off|out)",
        "depart", "(go|walk|run|drive) away from {s}", "leave {s} (again|alone|together|in the morning)", "(depart|escape|run away) from {s}", "(go|walk|run|sneak|come|get) out (through|by) {x}",
    ),
    "join": ("(follow|join|accompany) {r}", "go with {r}", "(follow|join|accompany) {r} (there|again|outside|)", "(go|walk|run|come|hurry|return) (over to|back to|up to) {r}", "(run|walk|go|come) after {r}", "(go|come|walk) with {r}", "(visit) {r}", "= {a} BE with {r}"),
    "take": (
        f"{TAKE} {{o}}", f"{TAKE} {{o}}", f"{TAKE} {{o}}", f"{TAKE} {{o}} (from|off|out of) {{s}}", "(take|get|steal|borrow|buy|receive|collect|snatch|grab) {o} from {s}",
        "pick {o} up", "(take|get|pull) {o} out (again|)", "(take|get) {o} back", "(take|pull) {o} off", "(take|get|bring|carry) {o} with (her|him|them|me)", "(have|hold|carry|own|keep|wear) {o}", "= {a} (in|from) {x} (took|has|had|grabbed|carried) {o}", "={a} BE (holding|carrying|wearing) {o}", "= {a} (has|have|had) (got|still|) {o}", "(receive|accept|get|inherit) {o}",
        f"{TAKE} {{o}} (there|again|too|with {{y}}|with her|with him|with them)", "(take|get|grab|pick up) {o} there", "(take|grab|pick up|collect|fetch|steal|buy|snatch|lift) {o} (in|at) {l}", "pick {o} up (there|from {s}|off {s}|out of {s}|in {l})", "={o} WAS (taken|stolen|grabbed|picked up|collected|fetched|bought) (by {a}|from {s} by {a})",
        "find {o}", "find {o} there", f"manage to {TAKE} {{o}}", "take hold of {o}", "help yourself to {o}", "= {o} BE (with|held by|carried by) {a}",
        "return with {o}", "(take|grab|pick up|borrow) {o} to (read|use|repair|clean|look at|sell) {x}", f"{TAKE} {{o}} (for|because of|before|without|during|instead of) {{x}}", "remove {o} from {s}", f"(take|get|grab|collect|fetch) {{o}} (from|out of|off) {{s}} {BY} {{x}}", "(unload|unpack|lift|pull|take) {o} (from|out of|off) {s}", "(get|receive|inherit|borrow|buy|win) {o} from {s}", "={o} BE (taken|stolen) from {s} by {a}", "(put on|pull on) {o}", "(leave|walk away|go out|come out|come back|run off|go away) with {o}",
    ),
    "bring": (
        "(bring|take|carry|drag|push|wheel|haul|transport|move) {o} (to|into|up to|back to|over to|onto|out to|down to|across to) {l}", "(take|carry|bring|move) {o} from {s} (to|into) {l}",
        "(go|walk|run|return|come|travel|hurry) (to|into|back to) {l} with {o}", "(go|walk|run) with {o} (to|into) {l}",
        "={o} WAS (taken|carried|brought|moved|dragged|pushed) (to|into|onto|up to|back to) {l} by {a}", "(take|carry|bring) {o} (out of|off) {s} (to|into) {l}",
        "(bring|take|carry) {o} (back|along) to {l}", "(bring|carry|drag) {o} {t}", "(lead|guide|drive|ride|fly|sail|pull|roll|carry) {o} (to|into|back to|up to|down to|out to) {l}", f"(bring|take|carry|move) {{o}} (to|into|back to) {{l}} {BY} {{x}}", "(drive|ride|sail|fly|row) {o} (to|into|back to|across to) {l}", "(lead|take|carry) {o} out of {s} (into|to|and into) {l}", "(take|carry|bring) {o} (up|down|out|back|over|outside) to {l}", "(bring|take|carry) {o} {l=home}", "(take|bring) {o} with (her|him|them) to {l}",
        "(take|carry|bring) {o} to {l} to (sell|show|repair|clean|wash) {x}", "(bring|take) {o} (to|into) {l} for {y}", "(climb|fly|crawl|sneak|flee|drive|sail) (to|into|down into|up to|back to) {l} with {o}", "drop {o} off at {l}", "arrive (at|in) {l} with {o}", "enter {l} with {o}", "(bring|take|carry|move) {o} to {l} (with {y}|again|there|alone|together)",
    ),
    "give": (
        f"{GIVE} {{r}} {{o}}", f"{GIVE} {{o}} to {{r}}", f"{GIVE} {{o}} to {{r}}", "(give|hand|pass) {o} back to {r}", "(bring|send|take|deliver|return|throw) {o} to {r}", "(bring|send|throw) {r} {o}",
        f"{GIVE} {{o}} over to {{r}}", "(give|hand|pass|lend|issue) to {r} {o}", "(give|hand) to {r} {o} in {k}", f"{GIVE} {{r}} {{o}} (there|again|too|in {{k}}|for {{x}})", "(give|pass|hand|lend|send|bring|sell) {o} (on|back|over) to {r}", f"{GIVE} {{o}} to {{r}} (there|in {{k}}|again|too|for {{x}})", "={o} WAS (given|handed|passed|lent|sold|sent|returned) to {r} by {a}", "={r} WAS (given|handed|passed|lent) {o} by {a}",
        "leave {o} with {r}", "= {a} (in|from) {x} (gave|handed|passed) {o} to {r}", "(give|hand|pass) {o} for {x} to {r}", f"manage to {GIVE} {{o}} to {{r}}",
    ),
    "put": (
        f"{PUT} {{o}} {IN} {{l}}", f"{PUT} {{o}} {IN} {{l}}", f"{PUT} {{o}} {IN} {{l}}", f"{PUT} {{o}} back {IN} {{l}}", f"={{o}} WAS (put|placed|left|laid|stored|hidden|dropped|set) {IN} {{l}} by {{a}}",
        "(return|send|deliver|throw|deposit) {o} to {l}", f"put {{o}} (down|away) {IN} {{l}}", f"{PUT} {{o}} {IN} {{l}} (again|there|with {{x}}|near {{y}}|for {{y}})", "(hang|stick|stuff|tuck|load|pack|insert|slide) {o} (in|on|into|onto|under|behind) {l}",
        "(see|notice|spot|find|discover) {o} (in|on|under|behind|inside) {l}", f"forget {{o}} {IN} {{l}}", "throw {o} (in|into|onto|on|under) {l}", "leave {o} behind in {l}",
        "(add) {o} to {l}", "(put|place|set|store|hide) {o} {t}", "(put|hide|place) {o} {t} (again|for {y}|)", "keep {o} (in|on|under) {l}", "(lock|wrap|bury|squeeze) {o} (in|into|inside) {l}", f"={{o}} BE (kept|hidden|stored|buried) {IN} {{l}}",
        f"{PUT} {{o}} (in|on|into|at|under|inside|behind) {{l}} {BY} {{x}}", f"(drop|leave|keep|forget|hang|find) {{o}} (in|on|under|at) {{l}} {BY} {{x}}", f"={{o}} WAS (put|placed|left|laid|found|kept) (in|on|under) {{l}} {BY} {{x}}", f"={{o}} BE (kept|hidden|stored) (in|on|under) {{l}} {BY} {{x}}", "(send|post|return|deliver) {o} to {l} (in|at|near) {x}", "(drop|leave|keep|forget|hang) {o} (on|in|at|under) {l}", "forget {o} (in|on|at) {l}", "=(someone|somebody) (put|left|hid) {o} (in|on|under|behind) {l}", "(put|hang|slide|leave|store|hide) {o} (behind|under|beside|near) {l}", "(drape|spread|hang|throw) {o} over {l}", "(hang|wrap|tie|put) {o} (around|round) {l}", "put {o} with {x} (in|into|on) {l}", "(pop|slip|slide|pour|drop) {o} (in|into|on|onto) {l}", "(keep|store|forget|leave) {o} (in|on|under|at) {l}", "(set|put|lay) {o} down (in|on|at|by) {l}", "(stand|lay|lie) {o} (on|in|against) {l}", f"{PUT} {{o}} {IN} {{l}} to (dry|cool|rest|sleep|keep {{x}} warm)", "hang {o} up in {l}", "(stand|lean|rest|park|spread|pour|load|stack) {o} (in|on|against|into|onto) {l}", f"{PUT} {{o}} (safely|carefully|down|away|out) {IN} {{l}}",
        "={o} WAS (put|placed) {t} by {a}", "(send|post|mail|return|deliver|ship) {o} (to|back to|off to) {l}",
        f"manage to {PUT} {{o}} {IN} {{l}}",
    ),
    "drop": (f"{DROP} {{o}}", f"{DROP} {{o}} (because of {{x}}|without {{x}})", f"{DROP} {{o}}", f"{DROP} {{o}} (there|again|here|too)", "(leave|drop|put down|discard) {o} there", "(leave|drop) {o}", "put {o} (down|away)", "set {o} down (there|)", "let go of {o}", "lay {o} down", "={o} WAS (dropped|discarded|put down|left behind) by {a}", "get rid of {o}"),
    "lose": ("(lose|misplace) {o}", "throw away {o}", "throw {o} away", "(eat|drink|break|burn|destroy) {o}", "={o} BE lost", "={o} WAS (lost|eaten|destroyed|thrown away) by {a}", "(lose|misplace) {o} (there|somewhere|again|in {k})", "(sell|give away) {o}"),
    "not_at": (f"={{a}} BE not {IN} {{l}}", "={a} BE no longer (in|at|on) {l}", "={a} BE not in {l} any more", "={a} BE not (at|on|inside) {l}", "={a} BE not {t}", "={a} BE no longer {t}", "={a} ISN'T (in|at|on) {l}", "= there BE no {a} in {l}"),
    "not_have": ("={a} (does|did) not have {o}", "={a} no longer has {o}", "={a} (doesn't|didn't) have {o} (any more|)", "={a} BE not (carrying|holding) {o}", "={a} has not got {o}", "= {a} BE without {o}"),
    "either": ("={a} BE either in {l} or (in |){k}", "={a} BE (in|at) {l} or (in|at) {k}", "={a} BE (maybe|perhaps|probably|possibly) in {l}", "={a} either went to {l} or (to |){k}", "={a} went to {l} or {k}", "= (maybe|perhaps) {a} BE (in|at) {l}", "={a} (may|might|could) be (in|at|on) {l}", "= {a} BE (either |)in {l} or {k}", "= {a} must be in {l} or {k}"),
    "unclear": ("= {a} and {y} (swapped|traded|exchanged) {o}", "(swap|trade|exchange) {o} (for {x}|with {y}|with {y} for {x}|)", "= {a} swapped {o} for {x} with {y}", "= (someone|somebody) (took|moved|hid|put away|removed|stole|cleared) {o}", "= (someone|somebody) (took|removed|stole) {o} from {s}", "= (someone|somebody) has (taken|stolen|moved|hidden) {o}", "= nobody (saw|noticed) who took {o}", "= {o} WAS (moved|swapped|hidden|taken away|cleared away)", "= nobody knows where {o} is", "hide {o}"),
}  # fmt: skip

WRAPS = (
    "={a} did not VP", "={a} did not VP", "={a} didn't VP", "={a} (does|do) not VP", "={a} never VPAST", "={a} (has|have|had) not VPP", "={a} hasn't VPP", "={a} BE not VING",
    "={a} (will|would|can|could|may|might|should|must|shall) VP", "={a} will not VP", "={a} (won't|can't|couldn't|cannot|wouldn't|should not|could not|shouldn't) VP", "={a} (could|should|would|might) have VPP", "={a} BE going to VP", "={a} BE about to VP",
    "={a} (wants|wanted|plans|planned|hopes|hoped|tried|tries|refused|decided|needs|intends|intended|promised|forgot|offered|wished|meant|expects|agreed|likes|used|would like) to VP", "={a} failed to VP", "={a} (almost|nearly) VPAST",
    "={y} (says|said|thinks|thought|believes|believed|claims|claimed|heard|guessed|dreamed|wondered|hopes|imagined|suspects) (that |){a} VPAST", "={y} (said|thought) that {a} would VP", "={y} (told|asked|wanted|ordered|begged|invited|reminded) {a} to VP", "={y} (told|asked) {a} not to VP", "={y} (said|asked|shouted): \"{a} VPAST\"",
    "=did {a} VP?", "=has {a} VPP?", "=will {a} VP?", "=if {a} VTHIRD, {y} will be (happy|late|angry)", "={a} (considered|avoided) VING", "={a} thought about VING", "={a} refused to VP and (sang|laughed|smiled)",
    "={y} will VP if {a} asks", "={a} asked (whether|if) {y} VPAST", "=tomorrow {a} will VP", "={a} BE supposed to VP", "={a} dreamed of VING", "={a} wants {y} to VP", "={a} (pretended|wished) to VP", "=nobody (wanted|tried|dared|needed) to VP",
)  # fmt: skip
# implicatives: the event does happen
CARRIED_OUT = (
    "={a} (managed|began|started|continued|remembered) to VP",
    "={a} (started|began|finished|kept) VING",
)

IDLE = (
    "(sing|laugh|smile|dance|wait|rest|cough|sneeze|yawn|cook|cry|shout|whistle|jump|pray|work|think|listen)", "(clean|polish|admire|paint|repair|open|close|lock|unlock|read|wash|watch|like|love|hate|touch|inspect|count|draw|describe|show|study|water) {x}",
    "(fill|cover|wrap|decorate|wash|load) {x} with (water|shells|flowers|paper|sand)", "(greet|thank|call|phone|hug|kiss|help|meet|miss|like|know|tickle|tease|watch|ignore|wave at|smile at|talk to|speak to|shout at|look at|play with|argue with|laugh at|point at|write to|listen to|bow to|chat with) {y}",
    "look (for|at|behind) {x}", "(look for|search for|ask for|ask about|think about|talk about|dream of|worry about|point at|look at|wait for|knock on|lean on) {x}", "(see|notice|remember|hear) {y}", "(see|notice|hear|remember) {x}",
    "={a} BE (tired|hungry|happy|sad|angry|cold|busy|late|bored|ill|asleep|old|young|tall|kind)", "=the weather was (cold|nice|bad|fine)", "={x} BE (red|blue|heavy|old|new|big|small|broken|empty|full|clean|dirty|closed|open|locked|expensive)", "=it was (raining|snowing|dark|cold|late|sunny|quiet)",
    "={a} had (a cold|a headache|a dream|an idea|fun|a good time)", "=the (sun|moon) was shining", "={a} and {y} (talked|argued|laughed|danced|played|chatted)", "(show|describe|explain|promise|offer|recommend) {x} to {y}", "(show|promise|offer|tell|teach) {y} {x}", "(play|dance|work|talk|sing) with {y}",
    "={y} BE the (brother|sister|friend|boss|teacher) of {a}", "={a} likes {x} and {y}", "(walk|run|go) towards {x}", "(walk|run|drive|go) past {x}", "(walk|go) around {x}", "(want|need|like|love|prefer|miss) {x}", "={y} asked where {x} was", "={y} wondered where {a} was", "={a} asked {y} about {x}", "={x} belongs to {y}",
    "(jump|climb|go|run|fly|look|lean|swim) (over|through|across|along) {x}", "(phone|call|text|email|write to|wave to|shout to) {y} from {k}", "(open|watch|paint|photograph) {x} from {k}", "(find|take|see|get|buy|steal|bring|catch) nothing (there|in {x}|)", "(send|order|invite) {y} to {k}", "(send|order) {y} to {k} to (get|buy|fetch|find) {x}",
    "={y} asked {a} for {x}", "=nobody (was|is) (there|at home|in {x})", "=where is {x}?", "=who took {x}?", "=where is {y}?", "=everyone was (happy|tired|gone)", "=the phone rang", "=(it|it had) (began|started|begun) to (rain|snow)", "=nobody (told|woke|noticed|helped|saw|heard|asked) {y}", "=nobody (knew|noticed|minded|was angry)", "=(someone|somebody) (noticed|laughed|called|knocked)", "=(someone|somebody) (noticed|called|saw|woke) {y}", "=nobody (ate|drank|wanted|opened|read|bought) {x}", "={x} (was|is) (never|not) (taken|moved|sold|stolen|given away|found) (out of {k}|from {k}|)", "={y} was (never|not) (found|seen|invited|told)", "(come|go|walk|run|drive) (back|over|along|by|around|closer) (alone|again|together|)", "={x} (was|is) over", "show {x} to {y} in {k}", "(go|come|travel|arrive) by (bus|train|tram|bike|car|taxi)", "(go|come|travel) by (bus|train|tram|car) with {x}", "={x} (rang|opened|closed|broke|stopped|started|shook|fell silent)", "={x} was (ringing|open|closed|boiling|empty)", "={x} WAS (repaired|cleaned|painted|opened|washed|read|finished|mended|counted) (by {a}|)", "=there was {x} (inside|in there|in it|outside|nearby)", "={a} (listened|waited|rested) for (an hour|a while|a minute)", "={a} (opened|closed|locked|unlocked|mended|swept|cleaned|painted|washed) {x}", "={a} BE (opening|mending|cleaning|painting|sweeping|counting) {x} with {x}", "={a} knocked on {x}", "=what a (day|mess|surprise)!", "={y} BE (afraid|proud|fond|jealous) of {a}", "={a} said (hello|goodbye|thanks) to {y}", "(write|send) a letter about {x}", "={a} BE (taller|older|younger) than {y}",
)  # fmt: skip
# Content words that no lexicon has; what such a sentence does is unknowable, and mostly it does nothing.
STRANGE = (
    "(florb|gribble|snorf|plonk|wozzle|trindle|quix|mirf)", "(florb|gribble|snorf|wozzle|trindle|quix) {x}", "(florb|gribble|snorf|quix|mirf) with {y}", "=({a} was florbed|{a} was snorfed)", "={a} was florbed of {x}", "(florb|gribble|quix) (very|so) (snorfy|grumbly|plim)", "={a} and {y} (florbed|quixed)", "(florb|wozzle|quix) {x} (plimly|frubly|grumbly)",
    "(florb|gribble|quix) {y}", "(florb|wozzle) at {x}", "(florb|quix) for {x}",
)  # fmt: skip
STRANGE_MOVE = (
    "(florb|gribble|snorf|plonk|wozzle|trindle|quix|mirf) (to|to|to|into|back to) {l}",
    "florb mirfed to {l}",
)

OPENERS = (
    "",
    "",
    "",
    "",
    "",
    "Then ",
    "After that, ",
    "Afterwards ",
    "Later ",
    "Following that, ",
    "Finally, ",
    "Suddenly ",
    "Soon ",
    "Next, ",
    "And then ",
    "So ",
    "But ",
    "Meanwhile, ",
    "While ",
    "Because ",
    "In the hall, ",
    "At the gate ",
    "In the kitchen ",
    "On the roof ",
    "At the station, ",
    "On the first day, ",
    "Back on the boat, ",
    "By the window ",
    "In the box ",
    "There ",
)

WHERE = tuple(opener for opener in OPENERS if re.match("(In|At|On|By|Back on) the|There", opener))

QUESTIONS: dict[str, tuple[str, ...]] = {
    "where": (
        "Where (is|are|is|'s) {e}?", "Where is {e} (now|right now|at the moment|currently|today|at the end)?", "Where (was|were) {e} (at the end|last seen|last|)?", "Where did {e} (go|end up|go last)?", "Where (can|could|will|do) I find {e}?", "(In|At) (which|what) (room|place) is {e}?",
        "(Which|What) (room|place) is {e} in?", "What is the location of {e}?", "(Do you know|Tell me|Can you tell me) where {e} is?", "Where has {e} (gone|been put|been left)?", "Where (might|could|would|should) {e} be?", "Where is {e} (kept|stored|hidden|sitting|lying)?", "Where was {e} (put|left|placed|hidden)?", "Where should I look for {e}?", "Where are {e} now?", "Where did {e} end up?", "What is {e} (in|on|under)?", "Where does {y} keep {e}?", "Where exactly is {e}?", "What happened to {e}?",
    ),
    "where_before": (
        "Where was {e} before {l}?", "Where was {e} before (he|she|it|they) (was|went|came|moved|got) (in|to|into) {l}?", "Where was {e} before (going|coming|moving|travelling|walking) to {l}?", "Where was {e} before (entering|visiting|reaching) {l}?", "Where had {e} been before {l}?", "Where was {e} before it was (taken|put|moved|brought|carried) (to|in|into|on) {l}?", "Where did {e} come from before {l}?", "Where was {e} before being in {l}?", "Before {l}, where was {e}?", "Where was {e} before {e} was in {l}?", "Where was {e} before {e} went to {l}?",
    ),
    "where_before_event take": ("Where was {e} before {a} (took|grabbed|picked up|got|stole|found|collected) it?", "Where were {e} before {a} (took|picked up|stole) them?", "Where was {e} before {a} (took|picked up|got) {o}?", "Where was {e} before it was (taken|stolen)?", "Where was {e} before {a} picked it up?"),
    "where_before_event give": ("Where was {e} before {a} (gave|handed|passed) {o} to {r}?", "Where was {e} before {a} (gave|handed|lent) it to {r}?", "Where was {e} before {a} gave {r} {o}?"),
    "where_before_event put": ("Where was {e} before {a} (put|placed|hid|left) it (in|on|under) {l}?", "Where was {e} before {a} put {o} in {l}?"),
    "where_before_event bring": ("Where was {e} before {a} (brought|took|carried|moved) it to {l}?", "Where was {e} before {a} (took|carried|brought) {o} to {l}?"),
    "where_before_event drop": ("Where was {e} before {a} (dropped|left|put down) {o}?", "Where was {e} before {a} dropped it?"),
    "where_after": ("Where did {e} go after {l}?", "Where was {e} after {l}?", "Where did {e} go (next |)after leaving {l}?", "Where did {e} go after (he|she|it|they) (was in|went to|left|visited) {l}?", "After {l}, where did {e} go?", "Where was {e} (taken|moved|put) after {l}?", "Where did {e} go from {l}?", "Where did {e} go (next |)after (visiting|being in) {l}?"),
    "where_first": ("Where was {e} (first|at first|at the beginning|at the start|originally|initially|to begin with|in the beginning)?", "Where did {e} go first?", "Where did {e} start?", "Where was {e} (first seen|first of all)?", "Where did {e} (first go|begin)?", "Where was the first place {e} went?"),
    "is_at": ("(Is|Are) {e} (in|at|on|inside|under|in|in) {l}?", "Is {e} (still|now|currently|already|also|back) (in|at|on|inside|under) {l}?", "Is {e} in {l} (now|right now|at the moment)?", "Isn't {e} in {l}?", "Could {e} be in {l}?", "Is it true that {e} is in {l}?", "Is {e} (sitting|standing|waiting|lying|hidden) (in|at|on) {l}?", "Would I find {e} in {l}?"),
    "was_at": ("Was {e} (ever|once|) (in|at|on) {l}?", "Did {e} (ever |)(go|come|get|walk|travel|move|return) (to|into|back to) {l}?", "Did {e} (ever |)(visit|enter|reach) {l}?", "Has {e} (ever |)been (to|in|at) {l}?", "Has {e} (ever |)(visited|entered) {l}?", "Was {e} ever (put|moved|taken) (in|to|into) {l}?"),
    "who_has": ("Who (has|'s got|has got|have) {e}?", "Who has {e} (now|right now|at the moment|at the end)?", "Who (is|was) (carrying|holding|wearing|keeping) {e} (now|)?", "Who (owns|holds|keeps) {e}?", "Who had {e} (last|at the end|in the end)?", "Who is {e} with?", "Who ended up with {e}?", "With whom is {e}?", "Who still has {e}?", "Who does {e} belong to now?", "Who has {e} on (him|her|them)?", "(Which person|Which one of them|What person) has {e}?", "Who is in possession of {e}?"),
    "who_before": ("Who (had|held|carried|owned|kept|possessed) {e} before {a}?", "Who (had|was carrying|was holding) {e} before {a} (had|got|took|received|stole|bought) it?", "Who had {e} before {a} did?", "Before {a}, who had {e}?", "Who had {e} just before {a}?", "Who was {e} with before {a}?", "Who had {e} before {a} got {e}?"),
    "who_after": ("Who (had|got|held|carried|received|took) {e} after {a}?", "Who had {e} after {a} had it?", "After {a}, who had {e}?", "Who had {e} (next |)after {a}?", "Who was next to have {e} after {a}?"),
    "who_first": ("Who had {e} (first|at first|at the beginning|originally|to begin with|at the start)?", "Who first had {e}?", "Who was the first (person |)to (have|hold|take|carry) {e}?", "Who originally had {e}?", "Who (took|held) {e} first?"),
    "has": ("(Does|Did|Do) {a} (still |)have {e}?", "Has {a} (still |)got {e}?", "Is {a} (still |)(carrying|holding|wearing) {e}?", "Is {e} with {a}?", "Does {a} (hold|own|carry|possess) {e}?", "Does {a} have {e} now?", "Is {a} in possession of {e}?"),
    "carrying": ("What (is|was) {a} (carrying|holding|wearing) (now|)?", "What does {a} (have|carry|hold|own) (now|)?", "What has {a} got?", "(Which|What) (things|objects|items) (does {a} have|is {a} carrying)?", "What is {a} holding (at the end|right now)?", "What did {a} have (at the end|)?", "List what {a} has.", "What do {a} have?", "What does {a} have with (him|her)?", "What is with {a}?", "What are {a} carrying?"),
    "count": ("How many (things|objects|items) (is {a} carrying|does {a} have|has {a} got|is {a} holding)?", "How many (things|objects|items) (are|is) (in|on|inside) {l}?", "How many (people|persons) are in {l}?", "How many things does {a} have (now|at the end)?", "How much is {a} carrying?", "What number of (things|objects) does {a} have?"),
    "contents": ("Who (is|are|was|were) (in|at|on|inside) {l}?", "What (is|are|was) (in|on|inside|under) {l}?", "What's in {l}?", "Who is in {l} now?", "(Which|What) (things|objects|items|people) are (in|on|inside) {l}?", "Who else is in {l}?", "What is there in {l}?", "Who was in {l} at the end?", "Who is still in {l}?", "What is kept in {l}?", "Who are the people in {l}?", "List the things in {l}."),
    "who_did take": (f"Who {TAKE}.past {{o}}?", f"Who {TAKE}.past {{o}} (from|out of|off) {{s}}?", "Who (took|grabbed|collected|bought|stole|snatched|borrowed) {o} from {s}?", "Who got {o} (from {s}|)?", "Who has taken {o}?", "Who received {o} (from {s}|)?", "Who stole {o}?", "By whom was {o} taken?", "Who (was|is) the thief of {o}?", "Who was the last to take {o}?", "Who borrowed {o} (from {s}|)?", "Who (found|discovered) {o}?", "Who found {o} (there|)?"),
    "who_did give": (f"Who {GIVE}.past {{o}} to {{r}}?", f"Who {GIVE}.past {{r}} {{o}}?", f"Who {GIVE}.past {{o}} away?", "By whom was {o} given to {r}?", "Who gave (back |){o}?", "Who did {r} (get|receive|borrow) {o} from?", "From whom did {r} (get|receive) {o}?", "Who brought {o} to {r}?", "Who (sent|brought) {r} {o}?", "Who (sent|lent|handed over) {o}?"),
    "who_did put": (f"Who {PUT}.past {{o}} (in|on|into|under|inside) {{l}}?", "Who (put|left|hid|stored) {o} there?", "Who put {o} away?", "Who (hid|stored|placed) {o}?"),
    "who_did drop": (f"Who {DROP}.past {{o}}?", "Who put {o} down?", "Who last dropped {o}?"),
    "who_did bring": ("Who (brought|took|carried|moved|dragged|pushed) {o} (to|into) {l}?", "Who (brought|moved) {o}?"),
    "who_did move": (f"Who {GO}.past {TO} {{l}}?", "Who (entered|visited|reached) {l}?", "Who arrived (at|in) {l}?"),
    "who_did leave": ("Who left {s}?", "Who (exited|departed from|went out of|walked out of) {s}?"),
    "who_did lose": ("Who (lost|misplaced|ate|destroyed|broke|burned) {o}?", "Who threw {o} away?"),
    "did_what take": (f"What did {{a}} {TAKE}?", f"What did {{a}} {TAKE} from {{s}}?", "What has {a} taken?", "What did {a} take (there|first|last)?", "What did {a} (get|receive) from {s}?", "(Which|What) (thing|object|item) did {a} take?", "What was taken by {a}?", "What did {a} steal?"),
    "did_what give": (f"What did {{a}} {GIVE} to {{r}}?", f"What did {{a}} {GIVE} {{r}}?", "What was given to {r}?", "What did {a} give away?", "What did {a} give back to {r}?", "What was {r} given by {a}?"),
    "did_what put": (f"What did {{a}} {PUT} (in|on|into|under) {{l}}?", "What was put (in|on|into) {l}?", "What did {a} (put|hide|store) there?", "What did {a} hide?"),
    "did_what drop": (f"What did {{a}} {DROP}?", "What did {a} put down?", "What was dropped by {a}?"),
    "did_what bring": ("What did {a} (bring|take|carry|move) (to|into) {l}?", "What did {a} bring?"),
    "did_what lose": ("What did {a} (lose|misplace|eat|destroy|break)?", "What has {a} lost?"),
    "to_whom give": (f"(Who|Whom) did {{a}} {GIVE} {{o}} to?", f"To whom did {{a}} {GIVE} {{o}}?", f"Who did {{a}} {GIVE} {{o}}?", "Who was given {o} (by {a}|)?", "Who was {o} given to (by {a}|)?", "Who did {a} (bring|send|return) {o} to?"),
    "where_did put": (f"Where did {{a}} {PUT} {{o}}?", "Where did {a} put {o} down?", "Where has {a} put {o}?", "Where was {o} put by {a}?", "(In|On) what did {a} put {o}?", "What did {a} put {o} (in|on|into|under)?", "In which (room|place) did {a} leave {o}?"),
    "where_did drop": (f"Where did {{a}} {DROP} {{o}}?",),
    "where_did bring": ("Where did {a} (bring|take|carry|move|drag) {o} (to|)?", "Where was {o} taken by {a}?"),
    "where_did take": (f"Where did {{a}} {TAKE} {{o}} (from|)?", "Where did {a} find {o}?"),
    "did take": (f"Did {{a}} {TAKE} {{o}} (from {{s}}|)?", "Has {a} taken {o}?", "Was {o} taken by {a}?", "Was it {a} who took {o}?", "Did {a} ever (have|hold|carry) {o}?", "Did {a} find {o}?"),
    "did give": (f"Did {{a}} {GIVE} {{o}} to {{r}}?", f"Did {{a}} {GIVE} {{r}} {{o}}?", "Has {a} given {o} to {r}?", "Did {a} give {o} away?"),
    "did put": (f"Did {{a}} {PUT} {{o}} (in|on|into) {{l}}?", "Was {o} put in {l} by {a}?", "Has {a} put {o} in {l}?"),
    "did drop": (f"Did {{a}} {DROP} {{o}}?",),
    "did bring": ("Did {a} (bring|take|carry) {o} to {l}?",),
    "did leave": ("Did {a} leave {s}?", "Has {a} left {s}?"),
    "when take": (f"When did {{a}} {TAKE} {{o}} (from {{s}}|)?", "When was {o} taken (by {a}|)?", "At what time did {a} take {o}?", "When did {a} find {o}?", "(On|In) (what|which) (line|day) did {a} take {o}?"),
    "when give": (f"When did {{a}} {GIVE} {{o}} to {{r}}?", f"When did {{a}} {GIVE} {{r}} {{o}}?", "When was {o} given to {r}?"),
    "when put": (f"When did {{a}} {PUT} {{o}} in {{l}}?", "When was {o} put in {l}?", "When did {a} return {o} (to {l}|)?"),
    "when drop": (f"When did {{a}} {DROP} {{o}}?",),
    "when move": (f"When did {{a}} {GO} {TO} {{l}}?", "When did {a} (enter|visit|reach) {l}?", "When was {a} (in|at) {l}?", "(What time|At what time) did {a} (go to|arrive at) {l}?", "When did {a} (arrive at|get to) {l}?"),
    "when leave": ("When did {a} leave {s}?",),
    "when bring": ("When did {a} (bring|take|carry) {o} to {l}?",),
    "unsupported": (
        "Why did {a} (go to|leave|enter|visit) {l}?", "Why did {a} take {o}?", "Why is {o} in {l}?", "How did {a} (get to|open|find) {l}?", "What (colour|color|size|shape) is {o}?", "How (old|tall|big) is {a}?", "What is {a} thinking?", "How long (was|did) {a} (in|stay in) {l}?", "Who is {a}?", "What is {o}?", "Does {a} like {r}?", "Is {o} (heavy|red|new|broken|expensive|locked)?", "What happened?",
        "Is {a} (happy|sad|tired|hungry|angry)?", "How much does {o} cost?", "What does {a} want?", "What did {a} say (to {r}|)?", "Why?", "How is {a}?", "Does {a} know {r}?", "What should {a} do?", "Who likes {o}?", "Can {a} see {o}?", "What will {a} do?", "How often did {a} go to {l}?", "Who wants {o}?", "Who (opened|cleaned|repaired|painted|washed|read|touched|inspected|mended|watched|closed) {o}?", "Who (helped|called|thanked|greeted|saw|woke) {r}?", "Who (looked at|looked after|looked for|signed for|waited for) {o}?", "Did {a} (open|clean|touch|read|paint|wash|repair|see|like) {o}?", "What did {a} (open|clean|read|paint|touch|see|watch)?", "How many things did {a} (bring|take|put) (to|into|in) {l}?", "What is {a} called?", "What does {a} think of {r}?", "Does {a} want {o}?", "Will {a} go to {l}?", "Who is the oldest?", "What is the weather?", "Is {a} taller than {r}?",
    ),
}  # fmt: skip

TAG_OF = {
    "e": "sought",
    "t": "dest",
    "a": "agent",
    "p": "agent",
    "o": "theme",
    "r": "recipient",
    "l": "dest",
    "k": "dest",
    "s": "source",
    "x": "none",
    "y": "none",
}
_CHOICE = re.compile(r"\(([^()]*)\)(\.past)?")


def choose(pattern: str, rng: Random) -> str:
    """One wording of `pattern`: every `(a|b)` replaced by one of its alternatives, innermost first."""

    def pick(match: re.Match[str]) -> str:
        words = rng.choice(match[1].split("|"))
        if match[2]:
            verb, _, rest = words.partition(" ")
            words = f"{conjugate(verb, 'past')} {rest}".strip()
        return words

    while "(" in pattern:
        pattern = _CHOICE.sub(pick, pattern)
    return re.sub(r"\s+([?.,!])", r"\1", re.sub(r"\s+", " ", pattern)).strip()


def placeholders(text: str) -> list[str]:
    """The placeholder letters of a wording, in order: `{s=home}` counts as `s`."""
    return re.findall(r"\{(\w)", text)


def sentence(pattern: str, rng: Random, *, plural: bool = False) -> str:
    """A finite sentence from an event pattern; `plural` agrees the verb with several agents."""
    text = choose(pattern, rng)
    if text.startswith("="):
        text = text.lstrip("= ")
        past = rng.random() < 0.5
        be = ("were" if plural else "was") if past else ("are" if plural else "is")
        return (
            text.replace("ISN'T", be + "n't")
            .replace("BE", be)
            .replace("WAS", rng.choice(["was", "was", "has been", "is"]))
        )
    verb, _, rest = text.partition(" ")
    roll = rng.random()
    if roll < 0.72:
        head = conjugate(verb, "past")
    elif roll < 0.80:
        head = verb if plural else conjugate(verb, "third")
    elif roll < 0.90:
        head = rng.choice(("are ", "were ") if plural else ("is ", "was ")) + conjugate(verb, "ing")
    else:
        head = rng.choice(("have ", "had ") if plural else ("has ", "had ")) + conjugate(
            verb, "participle"
        )
    return f"{{a}} {head} {rest}".strip()


def wrapped(pattern: str, wrap: str, rng: Random) -> str:
    """`pattern` inside a frame that denies, wishes or reports it (or, for `CARRIED_OUT`, that carries it out)."""
    text = choose(pattern, rng)
    verb, _, rest = text.partition(" ")
    frame = choose(wrap, rng).lstrip("= ")
    be = rng.choice(("is", "was"))
    for mark, form in (
        ("VPAST", "past"),
        ("VTHIRD", "third"),
        ("VING", "ing"),
        ("VPP", "participle"),
        ("VP", "base"),
    ):
        frame = frame.replace(mark, f"{conjugate(verb, form)} {rest}".strip())
    return frame.replace("BE", be)
