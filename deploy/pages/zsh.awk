# Completion for zsh, from the facts of read_help.awk. A command takes the options of those above it too.
function options_at(path,   all) {
  all = options[path]
  while (path != "") {
    if (!sub(/ [^ ]*$/, "", path)) path = ""
    if (path != "") all = all options[path]
  }
  return all
}
function quoted(word, text) {
  gsub(/:/, "\\:", text)
  gsub(/'/, "'\\''", text)
  return " '" word ":" text "'"
}
$2 == "option" {
  n = split($3, names, ",")
  for (i = 1; i <= n; ++i) options[$1] = options[$1] quoted(names[i], $5)
  if ($4 != "" && !seen[names[n]]++) valued = valued (valued == "" ? "" : "|") names[n]
}
$2 == "about" { paths[++count] = $1 }
$2 == "command" {
  commands[$1] = commands[$1] quoted($3, $5)
  steps = steps "    '" $1 ":" $3 "') path='" ($1 == "" ? "" : $1 " ") $3 "' ;;\n"
}
END {
  print "#compdef " name
  print "# Made by deploy/pages/generate from --help."
  print "local word at='' skip='' last=''"
  print "local -a known_commands known_options"
  print "for word in ${words[2,CURRENT-1]}; do"
  print "  last=''"
  print "  [[ -z $skip ]] || { skip=''; continue }"
  print "  case $word in " valued ") skip=1 last=$word ;; esac"
  gsub(/path=/, "at=", steps)
  print "  case $at:$word in"
  printf "%s", steps
  print "  esac"
  print "done"
  print "case $last in"
  print "  --config|--file) _files; return ;;"
  print "  ?*) return 1 ;;"
  print "esac"
  print "case $at in"
  for (i = 1; i <= count; ++i)
    print "  '" paths[i] "') known_commands=(" commands[paths[i]] " ) known_options=(" options_at(paths[i]) " ) ;;"
  print "esac"
  print "[[ -z $at ]] || known_options+=(" options[""] " )"
  print "(( $#known_commands )) && _describe -t commands command known_commands"
  print "_describe -o options known_options"
}
