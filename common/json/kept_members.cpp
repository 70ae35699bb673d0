// Writes the kept members in a fixed order, so that the same row gives the same text.
#include "common/json/kept_members.hpp"

#include "common/json/json_fields.hpp"

#include <fmt/format.h>

namespace suivi {
namespace {

void append(std::string& out, const boost::json::object& row, const kept_member& member) {
  for (std::string_view source : member.sources) {
    const boost::json::value* value = source.empty() ? nullptr : row.if_contains(source);
    std::string text = value == nullptr ? std::string() : scalar_text(*value);
    if (text.empty()) continue;
    if (!out.empty()) out += ',';
    out += fmt::format("\"{}\":{}", member.name, text);
    return;
  }
}

} // namespace

std::string kept_members(const boost::json::object& row, std::span<const kept_member> members) {
  std::string text;
  for (const kept_member& member : members) append(text, row, member);
  return text.empty() ? text : "{" + text + "}";
}

} // namespace suivi
