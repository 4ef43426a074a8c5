# Bash completion for holdfast(1). Verbs, options and their values are taken from the program's own
# help, so that they are never out of date.

_holdfast_verbs() {
    holdfast --help 2>/dev/null | sed -n 's/^  \([a-z-]\{1,\}\( [a-z-]\{1,\}\)\{0,1\}\)  .*/\1/p'
}

# The configured databases' names.
_holdfast_databases() {
    holdfast config check 2>/dev/null | sed -n 's/^database \([^ ]*\) .*/\1/p'
}

# "WHAT<tab>a missing database: restore, fresh": what follows the option $1 in the help $2, and why.
_holdfast_argument() {
    sed -nE "s/^ +(-[a-z], +)?$1 ([A-Z][A-Z0-9.]*) +(.*)/\2\t\3/p
             s/^ +$1, --[a-z-]+ ([A-Z][A-Z0-9.]*) +(.*)/\1\t\2/p" <<<"$2"
}

# The place in COMP_WORDS of the command of `run`, when its place has been reached.
_holdfast_command() {
    local at
    for ((at = 2; at < COMP_CWORD; at++)); do
        [[ ${COMP_WORDS[at]} == -- ]] && echo $((at + 1)) && return
    done
}

_holdfast() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local verb=${COMP_WORDS[1]-} verbs help argument
    COMPREPLY=()
    verbs=$(_holdfast_verbs)

    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$(cut -d' ' -f1 <<<"$verbs" | sort -u)" -- "$word")
        return
    fi
    local second
    second=$(sed -n "s/^$verb \(.*\)/\1/p" <<<"$verbs")
    if [[ -n $second ]]; then
        if ((COMP_CWORD == 2)); then
            mapfile -t COMPREPLY < <(compgen -W "$second" -- "$word")
            return
        fi
        verb="$verb ${COMP_WORDS[2]}"
    fi

    if [[ $verb == run ]]; then
        local command
        command=$(_holdfast_command)
        if [[ -n $command ]]; then
            compopt -o default -o filenames
            ((command == COMP_CWORD)) && mapfile -t COMPREPLY < <(compgen -c -- "$word" | sort -u)
            return
        fi
    fi

    # shellcheck disable=SC2086 # a verb may be two words
    help=$(holdfast $verb --help 2>/dev/null)
    [[ $previous == -?* ]] && argument=$(_holdfast_argument "$previous" "$help")
    case $previous:${argument%%$'\t'*} in
    --at:*)
        mapfile -t COMPREPLY < <(compgen -W "now today yesterday" -- "$word")
        return
        ;;
    *:DIR | *:PLACE | --state-dir:* | --scratch:* | --data-dir:*)
        compopt -o dirnames -o filenames
        return
        ;;
    *:PATH | *:FILE)
        compopt -o default -o filenames
        return
        ;;
    *:WHAT | *:WHEN | *:FORMAT)
        argument=${argument##*: }
        mapfile -t COMPREPLY < <(compgen -W "${argument//[,()]/ }" -- "$word")
        return
        ;;
    *:?*)
        return
        ;;
    esac

    local usage=${help%%$'\n'*}
    if [[ $word == -* ]]; then
        local options
        options=$(grep -o -e '--[a-z][a-z-]*' <<<"$help" | sort -u)
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
        return
    fi
    [[ $usage == *FILE* ]] && compopt -o default -o filenames
    [[ $usage == *"[DATABASE"* ]] &&
        mapfile -t COMPREPLY < <(compgen -W "$(_holdfast_databases)" -- "$word")
}

complete -F _holdfast holdfast
