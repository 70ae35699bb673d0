// A shop's database whose encoding holds less than the courier may say.
#pragma once

#include "tests/support/database.hpp"

#include <string>

namespace suivi::test {

// Makes `db` anew in that encoding: the shop's tables and the schema `suivi`, and nothing in them. SQL_ASCII
// is what a cluster has that was made without a locale: any bytes, and no conversion.
void make_narrow(const database& db, const std::string& encoding = "LATIN1");

} // namespace suivi::test
