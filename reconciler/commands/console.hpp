// What the one-off commands share: a line on standard error, one JSON document on standard output, the
// accounts that a command is about.
#pragma once

#include "reconciler/services/services.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <variant>
#include <vector>

namespace suivi::reconciler {

void say(const std::string& line);
// Says why and returns exits::failed.
int fail(const error& why);
void print_json(const boost::json::object& document);

// A schema that is behind is no error of the database's: "schema:behind" tells what to do.
task<result<void>> schema_is_current(services& p, bool or_missing = false);

// The active accounts, or the one with the id `only` (empty: all). Where there is none: says so, and the exit
// status.
task<std::variant<std::vector<shop::account>, int>> accounts_meant(services& p, std::string only);

} // namespace suivi::reconciler
