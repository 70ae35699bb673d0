# Completion for bash, from the facts of read_help.awk. A command takes the options of those above it too.
function options_at(path,   all) {
  all = options[path]
  while (path != "") {
    if (!sub(/ [^ ]*$/, "", path)) path = ""
    all = all options[path]
  }
  return all
}
$2 == "option" {
  n = split($3, names, ",")
  for (i = 1; i <= n; ++i) options[$1] = options[$1] " " names[i]
  if ($4 != "" && !seen[names[n]]++) valued = valued (valued == "" ? "" : "|") names[n]
}
$2 == "about" { paths[++count] = $1 }
$2 == "command" {
  commands[$1] = commands[$1] " " $3
  steps = steps "      '" $1 ":" $3 "') path='" ($1 == "" ? "" : $1 " ") $3 "' ;;\n"
}
END {
  fn = "_" name
  gsub(/-/, "_", fn)
  print "# bash completion for " name "; made by deploy/pages/generate from --help."
  print fn "() {"
  print "  local word path='' skip='' known='' i current=${COMP_WORDS[COMP_CWORD]} last=''"
  print "  for ((i = 1; i < COMP_CWORD; i++)); do"
  print "    word=${COMP_WORDS[i]}"
  print "    last=''"
  print "    [ -z \"$skip\" ] || { skip=''; continue; }"
  print "    case $word in " valued ") skip=1 last=$word ;; esac"
  print "    case $path:$word in"
  printf "%s", steps
  print "    esac"
  print "  done"
  print "  COMPREPLY=()"
  print "  case $last in"
  print "    --config | --file)"
  print "      compopt -o filenames 2> /dev/null"
  print "      mapfile -t COMPREPLY < <(compgen -f -- \"$current\")"
  print "      return ;;"
  print "    ?*) return ;;"
  print "  esac"
  print "  case $path in"
  for (i = 1; i <= count; ++i)
    print "    '" paths[i] "') known='" substr(commands[paths[i]] options_at(paths[i]), 2) "' ;;"
  print "  esac"
  print "  mapfile -t COMPREPLY < <(compgen -W \"$known\" -- \"$current\" | sort -u)"
  print "}"
  print "complete -F " fn " " name
}
