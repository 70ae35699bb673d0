// A shop's database whose encoding holds less than the courier may say.
#pragma once

#include "tests/support/database.hpp"

namespace suivi::test {

// Makes `db` anew in LATIN1: the shop's tables and the schema `suivi`, and nothing in them.
void make_narrow(const database& db);

} // namespace suivi::test
