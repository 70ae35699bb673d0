# The man page, from the facts of read_help.awk.
function roff(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  sub(/^[.']/, "\\\\\\&&", text)
  return text
}
function first_lower(text) { return tolower(substr(text, 1, 1)) substr(text, 2) }
function first_upper(text) { return toupper(substr(text, 1, 1)) substr(text, 2) }
function name_list(names,   n, each, i, all) {
  n = split(names, each, ",")
  for (i = 1; i <= n; ++i) all = all (i == 1 ? "" : ", ") "\\fB" roff(each[i]) "\\fR"
  return all
}
function print_options(path,   i) {
  for (i = 1; i <= options[path]; ++i)
    print ".TP\n" name_list(option[path, i]) (value[path, i] == "" ? "" : " \\fI" roff(value[path, i]) "\\fR") "\n" roff(first_upper(option_text[path, i])) "."
}
function print_footer(path,   n, lines, i, item, at) {
  n = split(footer[path], lines, "\n")
  for (i = 1; i <= n; ++i)
    if (lines[i] ~ /^ /) {
      item = lines[i]
      sub(/^ +/, "", item)
      at = match(item, /  +/)
      if (at) print ".TP\n\\fB" roff(substr(item, 1, at - 1)) "\\fR\n" roff(substr(item, at + RLENGTH))
      else print ".PP\n" roff(item)
    } else {
      # A sentence that the help breaks goes on; the next one begins a paragraph.
      print (i > 1 && lines[i - 1] !~ /[.:]$/ && lines[i - 1] !~ /^ / ? "" : ".PP\n") roff(lines[i])
    }
}
$2 == "about" { about[$1] = $5; paths[++count] = $1 }
$2 == "option" { option[$1, ++options[$1]] = $3; value[$1, options[$1]] = $4; option_text[$1, options[$1]] = $5 }
$2 == "command" { command[$1, ++commands[$1]] = $3; command_text[$1, commands[$1]] = $5 }
$2 == "footer" { footer[$1] = footer[$1] (footer[$1] == "" ? "" : "\n") $5 }
END {
  short = about[""]
  sub(/\.$/, "", short)
  print ".\\\" Made by deploy/pages/generate from --help."
  print ".TH " toupper(roff(name)) " 1 \"\" \"" version "\" \"User Commands\""
  print ".SH NAME\n" roff(name) " \\- " roff(first_lower(short))
  print ".SH SYNOPSIS\n.B " roff(name) "\n[\\fIOPTION\\fR]... [\\fICOMMAND\\fR [\\fIOPTION\\fR]...]"
  print ".SH DESCRIPTION\n" roff(about[""])
  print_footer("")
  print ".SH OPTIONS\nThey may stand before or after a command."
  print_options("")
  print ".SH COMMANDS"
  for (i = 2; i <= count; ++i) {
    print ".SS " roff(paths[i]) "\n" roff(first_upper(about[paths[i]])) "."
    print_options(paths[i])
    if (footer[paths[i]] != footer[""]) print_footer(paths[i])
  }
  print ".SH FILES"
  print ".TP\n\\fI/etc/suivi/suivi.toml\\fR\nThe settings that the services read."
  print ".TP\n\\fI/var/lib/suivi/spool\\fR\nWhat the receiver keeps while the database is away."
  print ".SH SEE ALSO"
  other = name == "suivi-receiver" ? "suivi-reconciler" : "suivi-receiver"
  print "\\fB" roff(other) "\\fR(1), and OPERATIONS.md and SETTINGS.md in \\fI/usr/share/doc/suivi\\fR."
}
