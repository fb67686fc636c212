#!/bin/sh
# What `make demo` runs, from the root of a clone: three questions about a story, answered by the model
# that comes with the package; a memory network trained from nothing; a page to look at.
set -eu
run() {
    printf '\n$'
    for word in "$@"; do
        case $word in
            *" "*) printf ' "%s"' "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}
printf '%s\n' "A story, examples/house.txt:" ""
cat -n examples/house.txt
mkdir -p demo
run recollect ask examples/house.txt "Where is the key?" --html demo/report.html
run recollect ask examples/house.txt "Who had the letter before Maria?"
run recollect ask examples/house.txt "Where is Paul?"
printf '\n%s\n' "Now a memory network learns to read, from questions and answers alone:"
run python examples/memory_network.py
printf '\n%s\n' "Open demo/report.html in a browser: the chain of evidence, and what each fact was worth."
