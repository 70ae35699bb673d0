// Writes the kept members in a fixed order, so that the same row gives the same text.
#include "common/json/kept_members.hpp"

#include "common/json/json_fields.hpp"

namespace suivi {
namespace {

void append(std::string& out, const boost::json::object& row, const kept_member& member) {
  const std::size_t before = out.size();
  for (std::string_view source : member.sources) {
    const boost::json::value* value = source.empty() ? nullptr : row.if_contains(source);
    if (value == nullptr) continue;
    out.append(out.size() > 1 ? ",\"" : "\"").append(member.name).append("\":");
    const std::size_t bare = out.size();
    append_scalar(*value, out);
    if (out.size() > bare) return;
    out.resize(before);
  }
}

} // namespace

std::string kept_members(const boost::json::object& row, std::span<const kept_member> members) {
  constexpr std::size_t usually_at_most = 512; // bytes
  std::string text;
  text.reserve(usually_at_most);
  text += '{';
  for (const kept_member& member : members) append(text, row, member);
  if (text.size() == 1) return {};
  text += '}';
  return text;
}

} // namespace suivi
