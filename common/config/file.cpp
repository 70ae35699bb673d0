// toml++ behind one function. A value of an unknown key is never listed: it may be a secret under a
// misspelled name.
#include "common/config/file.hpp"

#include "common/config/values.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

namespace suivi::config {
namespace {

constexpr std::size_t bytes_max = 1 << 20;

raw_value read_value(const toml::node& node, const std::string& where) {
  raw_value v;
  v.where = where;
  if (auto text = node.as_string()) {
    v.text = text->get();
  } else if (auto integer = node.as_integer()) {
    v.as = raw_value::shape::integer;
    v.text = std::to_string(integer->get());
  } else if (auto number = node.as_floating_point()) {
    v.as = raw_value::shape::number;
    v.text = fmt::format("{}", number->get());
  } else if (auto flag = node.as_boolean()) {
    v.as = raw_value::shape::boolean;
    v.text = flag->get() ? "true" : "false";
  } else if (auto list = node.as_array()) {
    v.as = raw_value::shape::list;
    std::vector<std::string> listed;
    for (const toml::node& item : *list) {
      raw_value one = read_value(item, where);
      bool is_text = one.as == raw_value::shape::text;
      if (!is_text) v.as = raw_value::shape::other;
      listed.push_back(is_text ? toml_string(one.text) : one.text);
      if (is_text) v.items.push_back(std::move(one.text));
    }
    v.text = fmt::format("[{}]", fmt::join(listed, ", "));
  } else {
    v.as = raw_value::shape::other;
    v.text = node.is_table() ? "a table" : "a date or time without quotes";
  }
  return v;
}

std::string names_in(std::string_view section) {
  std::vector<std::string_view> names;
  for (const key& k : all_keys()) {
    std::string_view name = section.empty() ? k.section : k.section == section ? k.name : std::string_view();
    if (!name.empty() && (names.empty() || names.back() != name)) names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// A name, whatever is in it.
std::string on_one_line(std::string_view name) {
  bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) { return c > 0x20 && c != 0x7F; });
  return plain ? std::string(name) : toml_string(name);
}

bool is_section(std::string_view name) {
  return std::any_of(all_keys().begin(), all_keys().end(), [&](const key& k) { return k.section == name; });
}

// A setting of which the file's text does not make a value.
struct faulty_setting {
  const key* of = nullptr; // null: the lines name none
  std::string_view value;
  bool is_file_form = false;
};

// What the lines up to the faulty one say: `key = value`, or a list that was begun before.
faulty_setting setting_at(std::string_view text, std::size_t line) {
  faulty_setting found;
  std::string_view section;
  const char* list = nullptr; // where a list began that is open
  for (std::size_t i = 1; i <= line && !text.empty(); ++i) {
    std::string_view rest = text.substr(0, text.find('\n'));
    const char* end = rest.data() + rest.size();
    text.remove_prefix(std::min(rest.size() + 1, text.size()));
    std::size_t equals = rest.find('=');
    std::string_view name = trimmed(rest.substr(0, equals));
    if (list != nullptr) {
      found.value = trimmed(std::string_view(list, static_cast<std::size_t>(end - list)));
    } else if (name.starts_with('[')) {
      section = trimmed(name.substr(1, name.find(']') - 1));
    } else {
      found = {};
      std::string path = fmt::format("{}.{}", section, name);
      for (const key& k : all_keys())
        if (equals != std::string_view::npos && (k.path() == path || k.file_path() == path))
          found = {&k, trimmed(rest.substr(equals + 1)), k.path() != path};
      if (found.value.starts_with('[')) list = found.value.data();
    }
    if (found.value.find(']') != std::string_view::npos) list = nullptr;
  }
  return found;
}

// The parser's own words, without what it quotes of the file.
std::string without_quotations(std::string_view description) {
  std::size_t first = description.find('\''), last = description.rfind('\'');
  if (first == last) return std::string(description);
  return fmt::format("{}{}{}", description.substr(0, first), mask, description.substr(last + 1));
}

std::string_view text_of_line(std::string_view text, std::size_t line) {
  for (; line > 1; --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return trimmed(text.substr(0, text.find('\n')));
}

std::string no_toml(const std::string& path, std::string_view text, std::size_t line, std::string_view why) {
  faulty_setting at = setting_at(text, line);
  bool is_twice = why.find("redefine") != std::string_view::npos;
  bool is_header = is_twice && text_of_line(text, line).starts_with('[');
  if (is_twice && at.of != nullptr && !is_header)
    return fmt::format("{} ({} line {}): given twice; allowed is once",
                       at.is_file_form ? at.of->file_path() : at.of->path(), path, line);
  if (at.of == nullptr || is_header)
    return fmt::format("settings file = {}, line {}: {}; allowed is TOML", toml_string(path), line,
                       without_quotations(why));
  std::string value = at.value.empty() ? "(nothing)" : on_one_line(shortened(at.value));
  if (at.of->is_secret) value = mask;
  std::string allowed = at.is_file_form ? "the path of a readable file" : std::string(at.of->allowed);
  return fmt::format("{} = {} ({} line {}): no value of TOML; allowed is {}",
                     at.is_file_form ? at.of->file_path() : at.of->path(), value, path, line, allowed);
}

} // namespace

file_content read_file(const std::string& path, milliseconds patience, std::vector<std::string>& wrong) {
  file_content content;
  auto bytes = read_bytes(path, bytes_max, patience);
  if (!bytes) {
    wrong.push_back(fmt::format("settings file = {}: {}; allowed is a readable TOML file", toml_string(path),
                                bytes.error().detail));
    content.is_readable = false;
    return content;
  }
  toml::table root;
  try {
    root = toml::parse(*bytes, path);
  } catch (const toml::parse_error& e) {
    wrong.push_back(no_toml(path, *bytes, e.source().begin.line, e.description()));
    content.is_readable = false;
    return content;
  }
  for (const auto& [section, node] : root) {
    std::string_view section_name = section.str();
    auto line = [&](const toml::key& of) { return fmt::format("{} line {}", path, of.source().begin.line); };
    const toml::table* table = node.as_table();
    if (!table || !is_section(section_name)) {
      wrong.push_back(
          fmt::format("{} = {} ({}): unknown section or a value outside its section; allowed sections are {}",
                      on_one_line(section_name), mask, line(section), names_in("")));
      continue;
    }
    for (const auto& [name, value] : *table) {
      std::string key_path = fmt::format("{}.{}", section_name, name.str());
      bool known = std::any_of(all_keys().begin(), all_keys().end(), [&](const key& k) {
        return k.path() == key_path || k.file_path() == key_path;
      });
      if (known)
        content.values.emplace(key_path, read_value(value, line(name)));
      else
        wrong.push_back(fmt::format("{} = {} ({}): unknown key; allowed in [{}] are {}",
                                    on_one_line(key_path), mask, line(name), section_name,
                                    names_in(section_name)));
    }
  }
  return content;
}

} // namespace suivi::config
