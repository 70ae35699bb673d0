// As much of JSON Schema as the description uses: type, const, enum, properties, required,
// additionalProperties, items, anyOf and $ref. Any other keyword that would refuse something is not used.
#include "tests/programs/api_description.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace suivi::test {
namespace {

namespace json = boost::json;

std::vector<std::string> parts_of(std::string_view path) {
  path = path.substr(0, path.find('?'));
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(1);
    auto part = path.substr(0, path.find('/'));
    parts.emplace_back(part);
    path.remove_prefix(part.size());
  }
  return parts;
}

// The description's path that fits best: one spelt out before one with a placeholder.
const json::value* find_path(std::string_view path) {
  auto wanted = parts_of(path);
  const json::value* best = nullptr;
  for (const auto& [pattern, methods] : api_document().at("paths").as_object()) {
    auto parts = parts_of({pattern.data(), pattern.size()});
    bool fits = parts.size() == wanted.size();
    bool exact = true;
    for (std::size_t i = 0; fits && i < parts.size(); ++i) {
      bool placeholder = parts[i].starts_with('{');
      exact = exact && !placeholder;
      fits = placeholder || parts[i] == wanted[i];
    }
    if (fits && (exact || !best)) best = &methods;
    if (fits && exact) break;
  }
  return best;
}

const json::value& resolved(const json::value& from) {
  const auto* o = from.if_object();
  const auto* reference = o ? o->if_contains("$ref") : nullptr;
  if (!reference) return from;
  return resolved(api_document().at_pointer(std::string(reference->as_string()).substr(1)));
}

bool is_of_type(const json::value& value, std::string_view type) {
  if (type == "null") return value.is_null();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return type == "number" && value.is_number();
}

std::string text_of(const json::string& s) {
  return {s.data(), s.size()};
}

std::string check(const json::value& schema, const json::value& value, const std::string& at);

std::string check_type(const json::object& schema, const json::value& value, const std::string& at) {
  const auto* type = schema.if_contains("type");
  if (!type) return {};
  if (type->is_string())
    return is_of_type(value, type->as_string()) ? "" : at + " is no " + text_of(type->as_string());
  for (const auto& one : type->as_array())
    if (is_of_type(value, one.as_string())) return {};
  return at + " is none of " + json::serialize(*type);
}

std::string check_object(const json::object& schema, const json::object& value, const std::string& at) {
  if (const auto* required = schema.if_contains("required"))
    for (const auto& name : required->as_array())
      if (!value.contains(name.as_string())) return at + " has no " + text_of(name.as_string());
  const auto* properties = schema.if_contains("properties");
  const auto* more = schema.if_contains("additionalProperties");
  for (const auto& [name, member] : value) {
    std::string key(name.data(), name.size());
    const auto* known = properties ? properties->as_object().if_contains(name) : nullptr;
    if (!known && more && more->is_bool() && !more->as_bool())
      return at + " has " + key + ", which is not described";
    if (!known) continue;
    auto wrong = check(*known, member, at + "/" + key);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

std::string check(const json::value& reference, const json::value& value, const std::string& at) {
  const json::object& schema = resolved(reference).as_object();
  auto wrong = check_type(schema, value, at);
  if (!wrong.empty()) return wrong;
  if (const auto* one = schema.if_contains("const"); one && *one != value)
    return at + " is not " + json::serialize(*one);
  if (const auto* allowed = schema.if_contains("enum")) {
    bool known = false;
    for (const auto& one : allowed->as_array()) known = known || one == value;
    if (!known) return at + " is " + json::serialize(value) + ", none of " + json::serialize(*allowed);
  }
  if (const auto* any = schema.if_contains("anyOf")) {
    std::string all;
    for (const auto& one : any->as_array()) {
      auto why = check(one, value, at);
      if (why.empty()) return {};
      all += why + "; ";
    }
    return all;
  }
  if (value.is_object()) return check_object(schema, value.as_object(), at);
  const auto* items = schema.if_contains("items");
  if (value.is_array() && items)
    for (std::size_t i = 0; i < value.as_array().size(); ++i) {
      auto why = check(*items, value.as_array()[i], at + "/" + std::to_string(i));
      if (!why.empty()) return why;
    }
  return {};
}

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

} // namespace

const json::value& api_document() {
  static const json::value document = [] {
    std::ifstream file(SUIVI_API_DESCRIPTION);
    if (!file) throw std::runtime_error("there is no " SUIVI_API_DESCRIPTION);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return json::parse(text);
  }();
  return document;
}

std::string differs_from_description(std::string_view method, std::string_view path, unsigned status,
                                     std::string_view content_type, std::string_view body) {
  const json::value* methods = find_path(path);
  if (!methods) return {};
  std::string name = method == "HEAD" ? "get" : lower(method);
  const auto* described = methods->as_object().if_contains(name);
  if (!described) return {};
  std::string subject = std::string(method) + " " + std::string(path) + ": ";
  const auto* answer = described->at("responses").as_object().if_contains(std::to_string(status));
  if (!answer) return subject + "status " + std::to_string(status) + " is not described";
  const auto* content = resolved(*answer).as_object().if_contains("content");
  if (!content) return body.empty() ? "" : subject + "a body where none is described";
  if (method == "HEAD" || !content_type.starts_with("application/json")) return {};
  const auto* shape = content->as_object().if_contains("application/json");
  if (!shape) return subject + "JSON where none is described";
  boost::system::error_code failed;
  auto value = json::parse({body.data(), body.size()}, failed);
  if (failed) return subject + "no JSON";
  auto wrong = check(shape->at("schema"), value, "");
  return wrong.empty() ? "" : subject + wrong;
}

std::string differs_from_description(std::string_view request, unsigned status, std::string_view head,
                                     std::string_view body) {
  auto line = request.substr(0, request.find("\r\n"));
  auto space = line.find(' ');
  if (status == 0 || space == std::string_view::npos) return {};
  auto path = line.substr(space + 1);
  path = path.substr(0, path.find(' '));
  constexpr std::string_view name = "\r\nContent-Type: ";
  auto at = head.find(name);
  auto type = at == std::string_view::npos ? "" : head.substr(at + name.size());
  return differs_from_description(line.substr(0, space), path, status, type, body);
}

} // namespace suivi::test
