// Hook lists, whose shape changed over the years: see README.md of this folder.
#include "common/maystro/hook.hpp"

#include "common/json/json_text.hpp"
#include "common/maystro/json_fields.hpp"
#include "common/maystro/list_envelope.hpp"

namespace suivi::maystro {
namespace {

namespace json = boost::json;

error malformed(std::string_view reason) {
  return transient("courier:malformed", std::string(reason) + ": the answer has not the expected shape");
}

std::string text_member(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

// An id, or an object that has one.
void add_trigger(const json::value& trigger, hook& to) {
  const json::object* object = trigger.if_object();
  std::optional<std::string> id = object == nullptr ? read_id(trigger) : first_id(*object, {"id"});
  if (id) to.trigger_ids.push_back(std::move(*id));
}

std::optional<hook> one_hook(const json::value& element) {
  const json::object* row = element.if_object();
  std::optional<std::string> id = row == nullptr ? std::nullopt : first_id(*row, {"id"});
  if (!id) return std::nullopt;
  hook read{std::move(*id), text_member(*row, "endpoint"), {}};
  for (std::string_view name : {"trigger_type", "trigger_type_id"})
    if (const json::value* trigger = row->if_contains(name); trigger != nullptr && read.trigger_ids.empty())
      add_trigger(*trigger, read);
  const json::value* triggers = row->if_contains("triggers");
  if (const json::array* list = triggers == nullptr ? nullptr : triggers->if_array())
    for (const json::value& trigger : *list) add_trigger(trigger, read);
  return read;
}

} // namespace

result<std::vector<hook>> read_hooks(std::string_view body) {
  result<json::value> document = parse_json(body);
  listing found = document ? find_listing(*document) : listing{};
  if (found.elements == nullptr) return malformed("the list of hooks");
  std::vector<hook> hooks;
  for (const json::value& element : *found.elements)
    if (std::optional<hook> read = one_hook(element)) hooks.push_back(std::move(*read));
  return hooks;
}

result<std::vector<hook_type>> read_hook_types(std::string_view body) {
  result<json::value> document = parse_json(body);
  listing found = document ? find_listing(*document) : listing{};
  if (found.elements == nullptr) return malformed("the list of hook types");
  std::vector<hook_type> types;
  for (const json::value& element : *found.elements) {
    const json::object* row = element.if_object();
    std::optional<std::string> id = row == nullptr ? std::nullopt : first_id(*row, {"id"});
    std::string name = row == nullptr ? std::string() : text_member(*row, "name");
    if (id && !name.empty()) types.push_back({std::move(*id), std::move(name)});
  }
  return types;
}

result<hook> read_hook(std::string_view body) {
  result<json::value> document = parse_json(body);
  std::optional<hook> read = document ? one_hook(*document) : std::nullopt;
  if (!read) return malformed("the new hook");
  return std::move(*read);
}

} // namespace suivi::maystro
