// A table for each section, a row for each key.
#include "tests/papers/settings_page.hpp"

#include "common/config/setting_table.hpp"

#include <fmt/format.h>

namespace suivi::test {
namespace {

constexpr std::string_view head = R"(# Settings

Made from the table of settings (`common/config/setting_table.cpp`) by `build/debug/tests/print-settings`; a test compares
it. `suivi-receiver --check-config` prints what is in force, or one line that names what is wrong and what is allowed;
`--json` makes one JSON document of it. Both programs read the same settings and use of them what they need.

- **Where.** A TOML file: `--config FILE`, else `$SUIVI_CONFIG`, else `./suivi.toml`, if it is there. Every key is also an
  environment variable: `SUIVI_` + section + `_` + key in capitals, and some have a second name. The environment wins over
  the file. A variable that is set to nothing counts as not set; lists in variables are comma-separated.
- **Units.** Durations are `500ms`, `5s`, `10m`, `6h`, `14d`; sizes `256KiB`, `1MiB`, `1GiB`.
- **Paths** that are relative start at the settings file's folder, without a file at the working directory.
- **Secrets in files.** A key marked "or a file" has a second form with `_file` at its end (variables: `_FILE`), the path of
  a file that holds the value: its content without the last line break; of `receiver.webhook_secrets` one secret a line.
  Both forms of one key: exit status 2.
- **Accounts** come from the shop's table `shipping_accounts`. Where it holds none of Maystro's, these variables serve:
  `MAYSTRO_API_KEY`, `MAYSTRO_API_KEY_1`, `MAYSTRO_API_KEY_2` and so on, each also with `_FILE` for a file that holds the
  key, and with `_NAME` for the account's name.
- **Mistakes** (an unknown key in the file, a value that is not allowed, a contradiction) end a program with status 2. An
  unknown variable that begins with `SUIVI_` is a warning.
)";

// A bar would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string variables(const config::key& k) {
  std::string names = fmt::format("`{}`", k.variable());
  if (!k.alias.empty()) names += fmt::format(", `{}`", k.alias);
  return names;
}

} // namespace

std::string settings_page() {
  const config::settings defaults;
  std::string page(head);
  std::string_view section;
  for (const config::key& k : config::all_keys()) {
    if (k.section != section)
      page += fmt::format("\n## {}\n\n| key | default | allowed | meaning | variable |\n"
                          "| --- | --- | --- | --- | --- |\n",
                          k.section);
    section = k.section;
    std::string value = k.print(defaults);
    page += fmt::format("| `{}`{} | {} | {} | {} | {} |\n", k.path(), k.is_secret ? ", or a file" : "",
                        value.empty() ? "–" : fmt::format("`{}`", cell(value)), cell(k.allowed),
                        cell(k.meaning), variables(k));
  }
  return page;
}

} // namespace suivi::test
