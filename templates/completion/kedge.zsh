#compdef kedge
# Completion of kedge for zsh.
_kedge() {
  local line
  local -a found shown
  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) _files ;;
      *$'\t'*) found+=("${line%%$'\t'*}") shown+=("${line/$'\t'/  -- }") ;;
      *) found+=("$line") shown+=("$line") ;;
    esac
  done
  (( $#found )) && compadd -d shown -a found
}
if [[ "${funcstack[1]}" == _kedge ]]; then
  _kedge "$@"
else
  compdef _kedge kedge
fi
