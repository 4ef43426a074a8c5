# Bash completion for holdfast(1). Verbs and options are taken from the program's own help, so that
# they are never out of date.

_holdfast_verbs() {
    holdfast --help 2>/dev/null | sed -n 's/^  \([a-z-]\{1,\}\( [a-z-]\{1,\}\)\{0,1\}\)  .*/\1/p'
}

_holdfast() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local verb=${COMP_WORDS[1]-} verbs options
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

    case $previous in
    --repository | -r | --state-dir | --scratch | --data-dir)
        compopt -o dirnames -o filenames
        return
        ;;
    --db | -d | --to | --config | -c | --keyfile | --new-keyfile | --schema | --*-file)
        compopt -o default -o filenames
        return
        ;;
    --at)
        mapfile -t COMPREPLY < <(compgen -W "now today yesterday" -- "$word")
        return
        ;;
    --label | -l | --name | --point | --slot-name | --max-age)
        return
        ;;
    esac

    # shellcheck disable=SC2086 # a verb may be two words
    options=$(holdfast $verb --help 2>/dev/null | grep -o -e '--[a-z][a-z-]*' | sort -u)
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    elif [[ $verb != key* && $verb != config* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_holdfast_databases)" -- "$word")
    fi
}

# The configured databases' names.
_holdfast_databases() {
    holdfast config check 2>/dev/null | sed -n 's/^database \([^ ]*\) .*/\1/p'
}

complete -F _holdfast holdfast
