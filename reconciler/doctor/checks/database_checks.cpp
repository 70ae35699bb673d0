// Remedies are statements that can be pasted, where a statement helps.
#include "reconciler/doctor/checks/database_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <tuple>

namespace suivi::reconciler {

using enum check_result;

namespace {

std::string full_names(const std::vector<column_fact>& columns, bool types) {
  std::vector<std::string> names;
  for (const column_fact& c : columns)
    names.push_back(types ? fmt::format("{}.\"{}\" is {}, needed is {}", c.table, c.column, c.type, c.needed)
                          : fmt::format("{}.\"{}\"", c.table, c.column));
  return fmt::format("{}", fmt::join(names, ", "));
}

// Where a column right is a part of a statement with others.
std::string target_of(const missing_right& r) {
  switch (r.kind) {
  case right_of::database:
    return "DATABASE " + quoted(r.object);
  case right_of::schema:
    return "SCHEMA " + quoted(r.schema);
  case right_of::sequence:
    return fmt::format("SEQUENCE {}.{}", quoted(r.schema), quoted(r.object));
  case right_of::function:
    return fmt::format("FUNCTION {}.{}", quoted(r.schema), r.object);
  case right_of::table:
  case right_of::column:
    return fmt::format("{}.{}", quoted(r.schema), quoted(r.object));
  }
  return {};
}

void check_types(checks& to, const table_facts& t) {
  std::string doubts;
  if (!t.narrow.empty())
    doubts = fmt::format("columns take fewer characters than may be written there: {}",
                         full_names(t.narrow, true));
  if (!t.padded.empty())
    doubts += fmt::format("{}columns are padded with blanks, so that no index of theirs serves: {}",
                          doubts.empty() ? "" : "; ", full_names(t.padded, true));
  if (!t.caseless.empty())
    doubts +=
        fmt::format("{}columns are citext, of which no index serves, for Suivi and the courier tell small "
                    "letters from capital ones: {}",
                    doubts.empty() ? "" : "; ", full_names(t.caseless, false));
  if (!t.not_null.empty())
    doubts += fmt::format("{}columns cannot be cleared, for they are NOT NULL: {}",
                          doubts.empty() ? "" : "; ", full_names(t.not_null, false));
  if (!t.unfit.empty())
    add(to, "column types", fail, "columns are of a type that does not fit: " + full_names(t.unfit, true),
        "Run the shop's own migrations (`prisma migrate deploy`), or change the columns' types with ALTER "
        "TABLE.");
  else if (!doubts.empty())
    add(to, "column types", warn, doubts,
        "Change these columns with ALTER TABLE: to text, and without NOT NULL; else what does not fit is "
        "refused.");
  else
    add(to, "column types", pass, "every column has a type that fits");
}

bool is_right_missing(const error& why) {
  return why.code == "sqlstate:42501";
}

} // namespace

std::vector<std::string> grant_lines(const std::vector<missing_right>& missing, const std::string& role) {
  std::vector<std::string> lines;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> columns; // of target and privilege
  for (const missing_right& r : missing)
    if (r.kind == right_of::column) columns[{target_of(r), r.privilege}].push_back(quoted(r.column));
  for (const missing_right& r : missing) {
    if (r.kind != right_of::column) {
      lines.push_back(fmt::format("GRANT {} ON {} TO {};", r.privilege, target_of(r), quoted(role)));
      continue;
    }
    auto of = columns.find({target_of(r), r.privilege});
    if (of == columns.end()) continue; // told with its first column
    lines.push_back(fmt::format("GRANT {} ({}) ON {} TO {};", r.privilege, fmt::join(of->second, ", "),
                                target_of(r), quoted(role)));
    columns.erase(of);
  }
  return lines;
}

void check_session(checks& to, const doctor_facts& f) {
  if (f.session) {
    const session_facts& s = *f.session;
    add(to, "database_away", pass,
        fmt::format("the database `{}` answers the role `{}`{}", s.database, s.role,
                    f.tables
                        ? fmt::format("; the shop's tables are those of the schema `{}`", f.tables->schema)
                        : std::string()));
    if (s.standby || s.read_only)
      add(to, "writable", fail,
          s.standby ? "this server is a standby and takes no writes"
                    : "the database is read-only (transaction_read_only is on)",
          s.standby ? "Point database.url at the primary, or name all servers in it."
          : s.read_only_by.empty()
              ? "Run `ALTER SYSTEM RESET default_transaction_read_only;` and `SELECT pg_reload_conf();`, or "
                "see "
                "postgresql.conf and who has made the server read-only."
              : fmt::format("Run `ALTER {} RESET default_transaction_read_only;`.", s.read_only_by));
    else
      add(to, "writable", pass, "the database takes writes");
    std::string off =
        fmt::format("Run `ALTER DATABASE {} SET synchronous_commit = on;`, and see the role's own "
                    "setting (`\\drds` in psql).",
                    quoted(s.database));
    if (s.synchronous_commit == "off")
      add(to, "durability", fail,
          "synchronous_commit is off: a crash of PostgreSQL would lose webhooks that were acknowledged", off);
    else if (s.asynchronous_by_default)
      add(to, "durability", warn,
          "synchronous_commit is off for this database or role; Suivi's own sessions turn it on, the shop's "
          "do not",
          off);
    else
      add(to, "durability", pass, fmt::format("synchronous_commit is {}", s.synchronous_commit));
  } else {
    add(to, "database_away", pass, "the database answers");
  }
  if (f.database_clock)
    add_clock(to, "PostgreSQL's clock", *f.database_clock,
              "Let both machines' clocks be set by NTP (`timedatectl set-ntp true`).");
}

void check_schema(checks& to, const doctor_facts& f) {
  if (f.schema_error)
    add(to, "schema", fail, fmt::format("the schema `suivi` cannot be used: {}", to_string(*f.schema_error)),
        is_right_missing(*f.schema_error)
            ? "Run the lines of the check `rights`."
            : "Run the newest suivi-reconciler and suivi-receiver against this database.");
  else if (f.scripts_missing && *f.scripts_missing > 0)
    add(to, "schema", fail, fmt::format("the schema `suivi` is behind by {} script(s)", *f.scripts_missing),
        "Run `suivi-reconciler migrate`.");
  else if (f.scripts_missing && !f.scripts_edited.empty())
    add(to, "schema", warn,
        fmt::format("scripts ran here with other words than this program's: {}",
                    fmt::join(f.scripts_edited, ", ")),
        "Run the release that this database was migrated by, or a later one: released scripts never change.");
  else if (f.scripts_missing && f.schema_version > f.schema_known)
    add(to, "schema", pass,
        fmt::format("the schema `suivi` is version {}, newer than this program's {}, which it suits",
                    f.schema_version, f.schema_known));
  else if (f.scripts_missing)
    add(to, "schema", pass, "the schema `suivi` is current");
}

void check_tables(checks& to, const doctor_facts& f) {
  if (!f.tables) return;
  const table_facts& t = *f.tables;
  bool usable_schema = true; // a missing right hides it from the programs; the check `rights` tells that
  if (f.rights)
    for (const missing_right& r : f.rights->missing)
      if (r.kind == right_of::schema && r.schema == t.schema) usable_schema = false;
  if (!t.orders) {
    std::string others = t.elsewhere.empty()
                             ? std::string()
                             : fmt::format(", but in the schema `{}`", fmt::join(t.elsewhere, "`, `"));
    add(to, "orders table", fail,
        t.schema_there ? fmt::format("there is no table `orders` in the schema `{}`{}", t.schema, others)
                       : fmt::format("there is no schema `{}`{}", t.schema, others),
        t.elsewhere.empty()
            ? "Point database.url at the shop's database, with `?schema=` if its tables are not in `public`."
            : fmt::format("Write `?schema={}` into database.url.", t.elsewhere.front()));
  } else if (usable_schema && t.used_schema != t.schema) {
    add(to, "orders table", fail,
        fmt::format("database.url means the schema `{}`, but the session finds `orders` in {}", t.schema,
                    t.used_schema ? "`" + *t.used_schema + "`" : std::string("none")),
        "Write `?schema=` with the schema of the shop's tables into database.url; the role's own search_path "
        "must not hide it.");
  } else if (!t.missing.empty()) {
    add(to, "orders table", fail, fmt::format("columns are missing: {}", full_names(t.missing, false)),
        "Run the shop's own migrations (`prisma migrate deploy`), or point database.url at the right "
        "database.");
  } else if (t.columns_known) {
    add(to, "orders table", pass,
        fmt::format("the table `{}.orders` has every column that is needed", t.schema));
  }
  if (t.orders && t.columns_known) check_types(to, t);
}

namespace {

// A row that a policy hides is no order here, and its parcel is nobody's.
void check_row_security(checks& to, const right_facts& r, const std::string& schema) {
  if (!r.guarded) return;
  if (r.guarded->empty() && r.old_events_guarded) {
    add(to, "row security", warn,
        fmt::format("row-level security may hide rows of webhook_events from the role `{}`, which only "
                    "`suivi-receiver replay --legacy` needs",
                    r.role),
        fmt::format("CREATE POLICY suivi ON {}.\"webhook_events\" TO {} USING (true);", quoted(schema),
                    quoted(r.role)));
    return;
  }
  if (r.guarded->empty()) {
    add(to, "row security", pass, fmt::format("no policy hides rows of the shop from the role `{}`", r.role));
    return;
  }
  std::string lines;
  for (const std::string& table : *r.guarded)
    lines += fmt::format("{}CREATE POLICY suivi ON {}.{} TO {} USING (true){};", lines.empty() ? "" : " ",
                         quoted(schema), quoted(table), quoted(r.role),
                         table == "orders" ? " WITH CHECK (true)" : "");
  add(to, "row security", fail,
      fmt::format("row-level security may hide rows from the role `{}`, or keep it from writing them: {}",
                  r.role, fmt::join(*r.guarded, ", ")),
      fmt::format(
          "{} (Or let a superuser run `ALTER ROLE {} BYPASSRLS`. A restrictive policy must let the role "
          "through too.)",
          lines, quoted(r.role)));
}

} // namespace

void check_rights(checks& to, const doctor_facts& f) {
  if (!f.rights) return;
  const right_facts& r = *f.rights;
  check_row_security(to, r, f.tables ? f.tables->schema : std::string("public"));
  std::vector<missing_right> needed;
  for (const missing_right& one : r.missing)
    if (!one.optional) needed.push_back(one);
  std::string lines =
      fmt::format("{}", fmt::join(grant_lines(needed.empty() ? r.missing : needed, r.role), " "));
  std::string owner;
  for (const std::string& thing : r.not_owned)
    owner += fmt::format("{}ALTER {} OWNER TO {};", owner.empty() ? "" : " ", thing, quoted(r.role));
  if (!needed.empty())
    add(to, "rights", fail, fmt::format("the role `{}` lacks {} right(s)", r.role, needed.size()), lines);
  else if (!r.not_owned.empty())
    add(to, "rights", warn,
        fmt::format(
            "the role `{}` does not own {} table(s), view(s) or function(s) of the schema `suivi`, which "
            "migrations and new partitions need",
            r.role, r.not_owned.size()),
        owner);
  else if (!r.missing.empty())
    add(to, "rights", warn,
        fmt::format("the role `{}` lacks a right that only `suivi-receiver replay --legacy` needs", r.role),
        lines);
  else
    add(to, "rights", pass, fmt::format("the role `{}` has every right that is needed", r.role));
}

void check_partitions(checks& to, const doctor_facts& f) {
  if (!f.partitions) return;
  const partition_facts& p = *f.partitions;
  std::string remedy = "Keep `suivi-receiver` or `suivi-reconciler run` running: both make them ahead.";
  if (!p.missing.empty())
    add(to, "partitions", warn, fmt::format("not there yet: {}", fmt::join(p.missing, ", ")), remedy);
  else if (!p.strays.empty())
    add(to, "partitions", warn,
        fmt::format("rows came when their partition was not there and lie in {}", fmt::join(p.strays, ", ")),
        remedy);
  else
    add(to, "partitions", pass, "those of today, tomorrow and the next month are there");
}

} // namespace suivi::reconciler
