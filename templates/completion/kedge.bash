# Completion of kedge for bash.
_kedge() {
  local line word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  [[ $word == '=' ]] && previous='=' word=''
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      compopt -o default 2>/dev/null
      continue
    fi
    line=${line%%$'\t'*}
    # Bash takes --flag=value for three words.
    [[ $previous == '=' ]] && line=${line#*=}
    [[ $line == "$word"* ]] && COMPREPLY+=("$line")
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _kedge kedge
