// Phone numbers and e-mail addresses in texts that are shown otherwise: what a shop or a courier writes into
// a remark, whatever the member is called. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace suivi::receiver {

// `text` with `***` for each e-mail address and each phone number in it: ten digits from 05, 06 or 07, nine
// from 02, 03 or 04, either behind 213 instead of the 0, nine from 5, 6 or 7 in one piece, and of other
// countries what stands behind `+` or 00; Western or Arabic digits, also in groups (`(0550) 11 22 33`), and
// several side by side (`0550112233/0661223344`). Dates, and digits within words, ids and longer numbers are
// none.
[[nodiscard]] std::string without_contacts(std::string_view text);

// The same for e-mail addresses alone, where an id may well be made like a phone number.
[[nodiscard]] std::string without_addresses(std::string_view text);

// A mobile number that was kept as a number, without its 0 or with its 213.
[[nodiscard]] bool is_like_phone_number(std::int64_t number);

} // namespace suivi::receiver
