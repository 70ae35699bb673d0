// The real door on a real database against the reference model: random truths of all couriers, heard in any
// order, any number of times or not at all, by webhook, pull, look-up, confirming read or replay, beside the
// claims of another account and of another courier.
#include "common/decision/state_rules.hpp"
#include "tests/postgres/door/courier_history.hpp"
#include "tests/postgres/door/reference_model.hpp"
#include "tests/postgres/door/shop_database.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <rapidcheck.h>
#include <set>

namespace rc {

template <>
struct Arbitrary<suivi::test::history> {
  static Gen<suivi::test::history> arbitrary() {
    using namespace suivi::test;
    // A range is drawn from in full at this size only; how many there are is bounded by sizes of their own.
    constexpr int full = rc::kNominalSize;
    auto changes = gen::resize(full, gen::build<moved>(gen::set(&moved::parcel, gen::inRange(0, 4)),
                                                       gen::set(&moved::after_s, gen::inRange(1, 12)),
                                                       gen::set(&moved::status, gen::inRange(0, 8)),
                                                       gen::set(&moved::alerted, gen::arbitrary<bool>())));
    auto tellings = gen::resize(
        full, gen::build<heard>(
                  gen::set(&heard::how,
                           gen::element(hearing::webhook, hearing::webhook, hearing::pull, hearing::untimed,
                                        hearing::replay, hearing::foreign, hearing::elsewhere)),
                  gen::set(&heard::which, gen::inRange(0, 12)), gen::set(&heard::at_s, gen::inRange(0, 150)),
                  gen::set(&heard::jitter_ms, gen::inRange(0, 11'000)),
                  gen::set(&heard::with_next, gen::arbitrary<bool>())));
    return gen::build<history>(
        gen::set(&history::courier,
                 gen::element(suivi::courier_kind::maystro, suivi::courier_kind::maystro,
                              suivi::courier_kind::guepex, suivi::courier_kind::nord_west)),
        gen::set(&history::parcels,
                 gen::element(std::vector{0}, std::vector{0, 1}, std::vector{0, 0}, std::vector{0, 1, 0})),
        gen::set(&history::changes, gen::resize(9, gen::container<std::vector<moved>>(changes))),
        gen::set(&history::tellings, gen::resize(24, gen::container<std::vector<heard>>(tellings))),
        gen::set(&history::sweep_after_s, gen::resize(full, gen::inRange(0, 30))),
        gen::set(&history::confirms, gen::arbitrary<bool>()),
        gen::set(&history::looks_first, gen::arbitrary<bool>()));
  }
};

} // namespace rc

namespace {

using namespace suivi;
using namespace suivi::shop;
using namespace suivi::test;

// Those of `elsewhere`.
void add_accounts(shop_database& shop) {
  shop.sql(R"(
    insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
    select a.id, a.id, c."id", '{"apiKey": "example-key", "apiId": "1", "apiToken": "example-token"}', now()
    from (values ('account-m', 'maystro'), ('account-g', 'guepex')) a (id, slug)
    join shipping_companies c on c."slug" = a.slug)");
}

shop_database& shared_shop() {
  static shop_database shop;
  static const bool has_more = (add_accounts(shop), true);
  (void)has_more;
  return shop;
}

// Plays one history through the door, and the single reads that the door wants along with it.
class play {
 public:
  explicit play(history of) : h_(std::move(of), ++count), models_(h_.parcels().size()) {
    options_.confirm_terminal = h_.confirms();
    options_.looks_first = h_.looks_first();
    for (int order = 0; order < h_.orders(); ++order)
      shared_shop().sql(fmt::format(R"(
        insert into orders ("id", "reference", "status", "customerId", "total", "shippingAccountId", "updatedAt",
                            "trackingNumber")
        values ('{0}', '{0}', 'CONFIRMED', 'c', 100, 'account-a', '2026-01-01', nullif('{1}', '')))",
                                    h_.reference(order), h_.shops_number(order).value_or("")));
  }

  task<void> run(const std::vector<heard>& tellings) {
    auto db = co_await test::connect(shared_shop().db.owner_url()); // it looks at versions of rows too
    db_ = &db;
    co_await compare();
    std::vector<observation> batch;
    for (const auto& one : tellings) {
      auto observed = h_.tell(one);
      if (observed) batch.push_back(*observed);
      if (batch.empty() || one.with_next) continue;
      auto observations = std::exchange(batch, {});
      co_await apply(std::move(observations));
    }
    if (!batch.empty()) co_await apply(batch);

    co_await compare();
    auto before = journal();
    auto reads = reads_;
    co_await tell_all_again();
    // Unless the repetition made the door ask: an answer may bring what nobody had told.
    if (reads_ == reads) RC_ASSERT(journal() == before);

    co_await sweep();
    check_truth();
    auto rows = versions();
    co_await sweep();
    co_await tell_all_again();
    RC_ASSERT(versions() == rows);
    db_ = nullptr;
  }

 private:
  task<void> tell_all_again() {
    replaying_ = true;
    for (const auto& again : applied_) {
      std::vector<observation> alone{again};
      co_await apply(alone);
    }
    replaying_ = false;
  }

  // A complete sweep and the reads it queued.
  task<void> sweep() {
    swept_ = true;
    now_ = std::max(now_, h_.sweep_at());
    std::vector<observation> rows;
    for (int parcel = 0; parcel < static_cast<int>(models_.size()); ++parcel) {
      auto row = h_.pull(parcel, now_, milliseconds(11'000), by_list());
      if (row) rows.push_back(*row);
    }
    co_await apply(rows);
  }

  // What is in doubt is told again after the read that it asked for, as the receiver does.
  struct step {
    std::vector<observation> observations;
    bool settled = false;
  };
  task<void> apply(std::vector<observation> all) {
    bool alone = all.size() == 1;
    std::deque<step> todo{{std::move(all)}};
    std::size_t reads = 0;
    while (!todo.empty()) {
      auto [now, settled] = std::move(todo.front());
      todo.pop_front();
      bool has_to_ask = now.size() == 1 && undecided(now.front());
      auto before = versions();
      auto verdicts = co_await shop::apply(*db_, now, options_);
      RC_ASSERT(verdicts.has_value());
      if (has_to_ask) RC_ASSERT(verdicts->front().outcome == outcome::in_doubt);
      for (std::size_t i = 0; i < now.size(); ++i) {
        note(now[i], (*verdicts)[i]);
        if ((*verdicts)[i].wanted) {
          RC_ASSERT(++reads < 50U); // it comes to an end
          ++reads_;
          todo.push_back({read(*(*verdicts)[i].wanted)});
        }
        if ((*verdicts)[i].outcome == outcome::in_doubt) {
          if (alone) RC_ASSERT(!settled); // one read is enough where nothing else is told meanwhile
          todo.push_back({{now[i]}, true});
        }
      }
      co_await compare();
      if (now.size() == 1)
        RC_ASSERT((verdicts->front().outcome == outcome::applied) == (versions() != before));
      check_model();
    }
  }

  // (Untimed webhooks may have guessed wrongly, and of several parcels an order shows one.)
  [[nodiscard]] bool undecided(const observation& observation) const {
    int parcel = observation.account == "account-a" ? h_.parcel_with(*observation.shipment.uuid) : -1;
    if (parcel < 0 || guessed_.contains(parcel) || observation.when.kind == as_of::shape::untimed)
      return false;
    int order = h_.parcels()[static_cast<std::size_t>(parcel)];
    if (h_.parcels_of(order) > 1) return false;
    return models_[static_cast<std::size_t>(parcel)].undecided(state_of_order(order), observation);
  }

  void note(const observation& observation, const verdict& v) {
    if (observation.account != "account-a") {
      RC_ASSERT(v.outcome == outcome::conflict);
      return;
    }
    RC_ASSERT(v.outcome != outcome::busy && v.outcome != outcome::unmatched &&
              v.outcome != outcome::conflict);
    now_ = std::max(now_, observation.when.to);
    int parcel = h_.parcel_with(*observation.shipment.uuid);
    states_reported.insert({h_.words().courier, shown_text(*observation.shipment.status)});
    if (v.outcome != outcome::in_doubt) models_[static_cast<std::size_t>(parcel)].tell(observation);
    if (observation.when.kind == as_of::shape::untimed) guessed_.insert(parcel);
    bool trusted = is_pull(observation.when.kind) || observation.is_signed;
    if (trusted)
      trusted_.emplace(h_.parcels()[static_cast<std::size_t>(parcel)],
                       shown_text(*observation.shipment.status));
    if (observation.from != read_as() && !replaying_) applied_.push_back(observation);
  }

  // As early as the door allows, and lagging as far as the API may; after the sweep it lags no more, or
  // nobody could say what the truth is.
  std::vector<observation> read(const wanted_read& wanted) {
    instant requested_at = std::max(wanted.not_before, now_);
    std::vector<observation> rows;
    for (int parcel = 0; parcel < static_cast<int>(models_.size()); ++parcel) {
      bool meant = wanted.uuid
                       ? h_.uuid(parcel) == *wanted.uuid
                       : h_.reference(h_.parcels()[static_cast<std::size_t>(parcel)]) == wanted.reference;
      if (!meant) continue;
      auto kind = wanted.uuid ? pull_kind::answer : by_list();
      auto row = h_.pull(parcel, requested_at, swept_ ? milliseconds(11'000) : milliseconds(0), kind);
      if (!row) continue;
      row->from = read_as();
      rows.push_back(std::move(*row));
    }
    return rows;
  }

  [[nodiscard]] pull_kind by_list() const {
    return h_.words().knows_references ? pull_kind::row : pull_kind::answer;
  }

  [[nodiscard]] source read_as() const { return h_.confirms() ? source::confirm : source::lookup; }

  // Reads the case's orders as they are now.
  task<void> compare() {
    static constexpr pg::statement all{"model_look", R"(
      select "shippingStatus", "alertReason", "trackingNumber", "maystroOrderId", "status"::text,
             xmin::text || ctid::text, (select count(*)::text from suivi.change where order_id = orders."id")
      from orders where "id" = any($1) order by "id")"};
    std::vector<std::optional<std::string>> references;
    for (int order = 0; order < h_.orders(); ++order) references.emplace_back(h_.reference(order));
    pg::params with;
    with.texts(references);
    auto rows = co_await db_->run(all, std::move(with));
    if (!rows) RC_FAIL(to_string(rows.error()));
    rows_ = *rows;
  }

  std::string column(int order, int which) const {
    return rows_.maybe_text(static_cast<std::size_t>(order), static_cast<std::size_t>(which)).value_or("");
  }

  // Where the courier's states are the alerts, what the shop shows of them is not the parcel's own.
  [[nodiscard]] order_state state_of_order(int order) const {
    return {column(order, 0), h_.words().tells_since_when ? "" : column(order, 1)};
  }

  // An order with one parcel shows nothing that is known to be outdated. (Untimed webhooks may guess
  // wrongly.)
  void check_model() {
    if (h_.confirms()) check_confirmed();
    for (int parcel = 0; parcel < static_cast<int>(models_.size()); ++parcel) {
      int order = h_.parcels()[static_cast<std::size_t>(parcel)];
      if (h_.parcels_of(order) > 1 || guessed_.contains(parcel)) continue;
      auto now = state_of_order(order);
      if (!now.first.empty()) RC_ASSERT(models_[static_cast<std::size_t>(parcel)].may_show(now));
      auto tracking = column(order, 2);
      if (tracking_[parcel] == h_.tracking(parcel)) RC_ASSERT(tracking == h_.tracking(parcel));
      tracking_[parcel] = tracking;
    }
  }

  // No terminal state on an unsigned webhook's word alone.
  void check_confirmed() const {
    for (int order = 0; order < h_.orders(); ++order) {
      std::string text = state_of_order(order).first;
      for (const parcel_state& state : h_.words().states)
        if (text == shown_text(state) && is_terminal(h_.words().courier, state))
          RC_ASSERT(trusted_.contains({order, text}));
    }
  }

  void check_truth() {
    for (int order = 0; order < h_.orders(); ++order) {
      int parcel = h_.current_parcel(order);
      auto truth = h_.state(parcel, instant::max());
      const parcel_state& state = h_.state_of(*truth);
      courier_kind courier = h_.words().courier;
      order_state wanted{shown_text(state), truth->alerted && !h_.words().tells_since_when ? "7" : ""};
      RC_ASSERT(state_of_order(order) == wanted);
      RC_ASSERT(column(order, 2) == h_.tracking(parcel));
      RC_ASSERT(column(order, 3) == (courier == courier_kind::maystro ? h_.uuid(parcel) : ""));
      if (is_delivered(courier, state)) RC_ASSERT(column(order, 4) == "DELIVERED");
    }
  }

  [[nodiscard]] std::string all(int which) const {
    std::string text;
    for (int order = 0; order < h_.orders(); ++order) text += column(order, which) + ' ';
    return text;
  }
  [[nodiscard]] std::string journal() const { return all(6); }
  [[nodiscard]] std::string versions() const { return all(5); }

  static inline int count = 0;
  static inline std::set<std::pair<courier_kind, std::string>> states_reported;
  friend bool enough_was_reported();
  courier_history h_;
  std::vector<reference_model> models_;
  std::set<int> guessed_;                         // parcels of which an untimed webhook was told
  std::set<std::pair<int, std::string>> trusted_; // orders, and the states that the courier itself has told
  std::map<int, std::string> tracking_;
  std::vector<observation> applied_;
  pg::rows rows_;
  instant now_{};
  bool replaying_ = false;
  bool swept_ = false;
  int reads_ = 0;
  door_options options_{true, api_lag, false};
  pg::connection* db_ = nullptr;
};

// Cases that are all alike prove little: a hundred of them tell every state.
bool enough_was_reported() {
  std::size_t all = couriers.size() * words_of(courier_kind::maystro).states.size();
  return play::count < 100 || play::states_reported.size() == all;
}

} // namespace

TEST_CASE(
    "whatever is heard in whatever order an order shows nothing known to be outdated and ends in the truth") {
  CHECK(rc::check("the door is the model", [](const history& h) {
    play game(h);
    test::run(game.run(h.tellings));
  }));
  CHECK(enough_was_reported());
}
