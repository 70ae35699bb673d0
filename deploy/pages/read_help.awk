# Reads what a command says at --help and prints its facts, one a line: path, kind, name, value, text.
# Kinds: about, option, command, footer.
function flush_entry() {
  if (entry == "") return
  value = ""
  if (section == "option") {
    n = split(entry, words, " ")
    entry = words[1]
    # Not the option's name: what it excludes, and the type that the parser made up.
    for (i = 2; i <= n && words[i] !~ /^(Excludes:|Needs:|REQUIRED)$/; ++i)
      value = value (value == "" ? "" : " ") words[i]
    sub(/^(INT|UINT|FLOAT):/, "", value)
  }
  print path "\t" section "\t" entry "\t" value "\t" text
  entry = text = ""
}
function add(part) { text = text (text == "" ? "" : " ") part }

/^Usage: / && !usage { usage = 1; if (text != "") print path "\tabout\t\t\t" text; text = ""; next }
!usage { add($0); next }
/^Options:$/ { section = "option"; next }
/^Subcommands:$/ { section = "command"; next }
section == "option" || section == "command" {
  if ($0 == "") { flush_entry(); section = section "-ended"; next }
  if ($0 ~ /^  [^ ]/) {
    flush_entry()
    # Names and what they mean stand in two columns; a long name has a line of its own.
    at = match(substr($0, 3), /  +/)
    entry = at ? substr($0, 3, at - 1) : substr($0, 3)
    text = at ? substr($0, at + 2 + RLENGTH) : ""
  } else {
    sub(/^ +/, "")
    add($0)
  }
  next
}
$0 != "" { footer = footer (footer == "" ? "" : "\n") path "\tfooter\t\t\t" $0 }
END { flush_entry(); if (footer != "") print footer }
