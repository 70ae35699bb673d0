// One pass over the observations, oldest first, on working copies; each step is what it would have been
// alone.
#include "common/decision/decide.hpp"

#include "common/decision/as_of.hpp"
#include "common/decision/current_parcel.hpp"
#include "common/decision/match.hpp"
#include "common/decision/state_rules.hpp"

#include <algorithm>
#include <numeric>

namespace suivi::shop {
namespace {

constexpr std::size_t past_statuses_max = 64;

class pass {
 public:
  pass(const snapshot& rows, std::span<const observation> observations, const door_options& options)
      : before_(rows), rows_(rows, observations.size()), observations_(observations), options_(options) {}

  decision run() {
    result_.verdicts.resize(observations_.size());
    result_.journal.reserve(3 * observations_.size());
    std::vector<std::size_t> oldest_first(observations_.size());
    std::iota(oldest_first.begin(), oldest_first.end(), std::size_t{0});
    std::sort(oldest_first.begin(), oldest_first.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(observations_[a].when.from, a) < std::pair(observations_[b].when.from, b);
    });
    for (std::size_t index : oldest_first) result_.verdicts[index] = take(observations_[index]);
    collect();
    return std::move(result_);
  }

 private:
  // A reference with blanks around it is tried as it is, then without them.
  verdict take(const observation& observed) {
    if (!observed.shipment.reference || rows_.order_by_reference(*observed.shipment.reference))
      return take_as_reported(observed);
    std::string trimmed = without_blanks_around(*observed.shipment.reference);
    if (trimmed == *observed.shipment.reference || !rows_.order_by_reference(trimmed))
      return take_as_reported(observed);
    observation as_meant = observed;
    as_meant.shipment.reference = std::move(trimmed);
    return take_as_reported(as_meant);
  }

  verdict take_as_reported(const observation& observed) {
    match who = identify(rows_, observed, options_);
    verdict end;
    end.outcome = who.refusal;
    end.why = who.why;
    end.wanted = who.wanted;
    end.unproven = who.unproven;
    if (who.order) {
      end.order_id = who.order->id;
      end.reference = who.order->reference;
    }
    if (who.contests && who.refusal == outcome::conflict) contest(*who.order, who.account);
    if (who.refusal != outcome::applied) return end;

    order_row& order = *who.order;
    parcel_list siblings = rows_.parcels_of(order, who.account, observed.shipment.courier);
    if (!who.parcel && siblings.size() >= parcels_of_an_order_max) {
      end.outcome = outcome::conflict;
      end.why = "the order has " + std::to_string(siblings.size()) + " parcels already, it gets no more";
      return end;
    }
    bool shop_says_which = is_named_by_the_shop(observed.shipment.courier);
    if (!who.parcel && !siblings.empty() && !observed.shipment.created_at && !shop_says_which) {
      if (older_than_all(siblings, observed)) {
        end.outcome = outcome::stale;
        return end;
      }
      // Nothing tells whether the order shall show this parcel or another: its row from the courier does.
      end.unproven = true;
      return asks(std::move(end), who, observed,
                  settled_by_read_from(as_of{}, observed.when, options_.read_lag));
    }
    parcel_row* previous = current_parcel(siblings, order);
    std::optional<parcel_state> previous_status = previous ? previous->status : std::nullopt;

    relation time = who.parcel ? compare(who.parcel->when, observed.when) : relation::newer;
    if (!observed.shipment.status) time = relation::older; // brings ids alone
    bool contradicts = who.parcel && (differs(*who.parcel, observed.shipment) || names_another_order(who));
    bool undecided = time == relation::doubt && contradicts && !observed.decide_by_later_time;
    bool goes_back = regresses_untimed(who, observed, time) || takes_back_current(who, observed);
    if (undecided || goes_back || needs_confirmation(who, observed, time)) {
      as_of known = who.parcel ? who.parcel->when : as_of{};
      return asks(std::move(end), who, observed,
                  settled_by_read_from(known, observed.when, options_.read_lag));
    }
    if (time == relation::doubt && contradicts) {
      time =
          who.parcel && as_kept(observed.when).to <= who.parcel->when.to ? relation::older : relation::newer;
    }

    if (time == relation::older && who.parcel && is_linked_elsewhere(who)) {
      end.outcome = outcome::stale; // which order a parcel is of is told by what is not older only
      return end;
    }
    adopt(who);
    parcel_row& parcel = who.parcel ? *who.parcel : add_parcel(who.account, observed.shipment.courier);
    bool grew = grow(parcel, who, observed, time);
    if (time == relation::newer || (time == relation::doubt && !contradicts)) merge(parcel, observed, time);
    rows_.note(parcel);

    siblings = rows_.parcels_of(order, who.account, observed.shipment.courier);
    parcel_row* displayed = current_parcel(siblings, order);
    bool changed = displayed && update_order(order, *displayed, observed, &parcel == displayed, time, grew,
                                             previous_status, end);
    if (changed)
      end.outcome = outcome::applied;
    else if (displayed != &parcel)
      end.outcome = outcome::stale;
    else
      end.outcome = time == relation::older && contradicts ? outcome::stale : outcome::unchanged;

    for (parcel_row* sibling : siblings)
      if (siblings.size() > 1 && !sibling->created_at && !end.wanted && !shop_says_which)
        end.wanted = wanted_read{who.account, sibling->uuid, order.reference, instant{}};
    return end;
  }

  static verdict asks(verdict end, const match& who, const observation& observed, instant not_before) {
    end.outcome = outcome::in_doubt;
    std::optional<std::string> uuid = observed.shipment.uuid;
    if (!uuid && who.parcel) uuid = who.parcel->uuid;
    std::string reference = observed.shipment.reference.value_or(end.reference);
    end.wanted = wanted_read{who.account, uuid, reference, not_before};
    return end;
  }

  // What was told contradicts what is known. What is not told, or not known, contradicts nothing.
  static bool differs(const parcel_row& known, const shipment& reported) {
    auto contradicts = [](const auto& a, const auto& b) {
      return a.present && b.present && a.value != b.value;
    };
    return (reported.status && known.status && known.status != reported.status) ||
           contradicts(known.alerted_at, reported.alerted_at) ||
           contradicts(known.alert_reason, reported.alert_reason) ||
           contradicts(known.abort_reason, reported.abort_reason);
  }

  // The parcel is another order's so far, and both were said by a reference.
  static bool names_another_order(const match& who) {
    return who.link == link_strength::reference && who.parcel->link == link_strength::reference &&
           who.parcel->order_id && *who.parcel->order_id != who.order->id;
  }

  // … of an order that is still in the shop. A parcel of an order that was deleted is free.
  bool is_linked_elsewhere(const match& who) {
    return who.parcel->order_id && *who.parcel->order_id != who.order->id &&
           rows_.order(*who.parcel->order_id);
  }

  // Names no parcel of the order's several, and whichever it is about, the courier has been asked since.
  static bool older_than_all(std::span<parcel_row* const> siblings, const observation& observed) {
    if (observed.shipment.uuid || observed.shipment.display_id || observed.shipment.tracking) return false;
    return std::all_of(siblings.begin(), siblings.end(), [&](const parcel_row* one) {
      return compare(one->when, observed.when) == relation::older;
    });
  }

  // A terminal state on the word of an unsigned webhook alone. Only the courier settles it, however long that
  // takes.
  bool needs_confirmation(const match& who, const observation& observed, relation time) const {
    if (!options_.confirm_terminal || observed.is_signed || time == relation::older) return false;
    bool by_webhook = observed.from == source::webhook || observed.from == source::replay;
    if (!by_webhook || !is_terminal(observed.shipment.courier, *observed.shipment.status)) return false;
    return !who.parcel || who.parcel->status != observed.shipment.status;
  }

  // Without a time, a webhook takes no parcel out of a terminal state, none back to a state it has left and
  // none to another order before a read agrees, however long that takes.
  static bool regresses_untimed(const match& who, const observation& observed, relation time) {
    if (observed.when.kind != as_of::shape::untimed || time == relation::older) return false;
    if (who.parcel && names_another_order(who)) return true;
    if (who.parcel) {
      if (!who.parcel->status || who.parcel->status == observed.shipment.status) return false;
      // Which texts a parcel has left is not kept: any change back may be one.
      return !observed.shipment.status->is_number() ||
             is_terminal(observed.shipment.courier, *who.parcel->status) ||
             who.parcel->past_statuses.contains(observed.shipment.status->number());
    }
    return false; // not seen before: see below
  }

  // Nothing is known of the order's parcel, or nothing is left of what was (the schema suivi was lost): what
  // the shop's own row shows is known all the same, though not since when. No webhook takes it back before a
  // read agrees, however long that takes.
  bool takes_back_current(const match& who, const observation& observed) {
    if (is_pull(observed.when.kind) || observed.when.kind == as_of::shape::unknown) return false;
    if (!observed.shipment.status || (who.parcel && who.parcel->status)) return false;
    for (const parcel_row* sibling : rows_.parcels_of(*who.order, who.account, observed.shipment.courier))
      if (sibling->status) return false;
    const std::optional<std::string>& current = who.order->columns.shipping_status;
    return is_set(current) && is_before(observed.shipment.courier, *observed.shipment.status, *current);
  }

  void contest(order_row& order, const std::string& account) {
    order.contested_by = account;
    result_.adoptions.push_back({order.id, *order.adopted_by, account});
  }

  void adopt(const match& who) {
    if (!who.adopts || who.order->adopted_by) return;
    who.order->adopted_by = who.account;
    result_.adoptions.push_back({who.order->id, who.account, std::nullopt});
  }

  parcel_row& add_parcel(const std::string& account, courier_kind of) {
    parcel_row& added = rows_.add_parcel();
    added.courier = of;
    added.account = account;
    added.locked = true;
    return added;
  }

  // What is blank is filled by older observations of the parcel as well; what is set is replaced by others
  // only. True if the tracking grew.
  bool grow(parcel_row& parcel, const match& who, const observation& observed, relation time) {
    const suivi::shipment& reported = observed.shipment;
    bool grew = false;
    if (!parcel.uuid && reported.uuid) parcel.uuid = reported.uuid, grew = true;
    if (reported.display_id && !parcel.display_id) parcel.display_id = reported.display_id;
    if (reported.created_at && !parcel.created_at) parcel.created_at = reported.created_at;
    bool older = time == relation::older;
    bool relinks = parcel.order_id != who.order->id;
    if (relinks || (who.link > parcel.link && !older)) {
      parcel.order_id = who.order->id;
      parcel.link = who.link;
    }
    if (reported.reference &&
        (!parcel.reference || (who.link == link_strength::reference && (!older || relinks))))
      parcel.reference = reported.reference;
    auto [tracking, strength] = reported.best_tracking();
    if (strength > parcel.strength) {
      parcel.tracking = tracking;
      parcel.strength = strength;
      grew = true;
    }
    if (is_pull(observed.when.kind)) {
      instant read_at = observed.read_at.value_or(observed.when.to);
      parcel.pulled_at = std::max(parcel.pulled_at.value_or(read_at), read_at);
      parcel.pulled = true;
    }
    return grew;
  }

  void merge(parcel_row& parcel, const observation& observed, relation time) {
    const suivi::shipment& reported = observed.shipment;
    bool moved = parcel.status != reported.status;
    if (parcel.status && moved && parcel.status->is_number()) {
      if (parcel.past_statuses.size() < past_statuses_max)
        parcel.past_statuses.insert(parcel.status->number());
    }
    parcel.status = reported.status;
    auto take_if_reported = [](auto& known, const auto& value) {
      if (value.present) known = value;
    };
    take_if_reported(parcel.alerted_at, reported.alerted_at);
    take_if_reported(parcel.alert_reason, reported.alert_reason);
    take_if_reported(parcel.abort_reason, reported.abort_reason);
    if (has_alert_states(reported.courier)) set_alert(parcel, observed, moved);
    auto [tracking, strength] = reported.best_tracking();
    if (strength == parcel.strength && strength != tracking_strength::none) parcel.tracking = tracking;
    if (reported.display_id) parcel.display_id = reported.display_id;
    if (reported.created_at && !reported.created_at_is_guess) parcel.created_at = reported.created_at;
    bool stated_before = parcel.when.kind >= as_of::shape::stated_event;
    as_of when = time == relation::newer && !stated_before ? as_kept(observed.when)
                                                           : agreed(parcel.when, observed.when);
    if (when == parcel.when) return;
    parcel.when = when; // equal values advance the time as well
    parcel.from = observed.from;
  }

  // A courier whose states are the alerts: since when it is in this one, and why, where that was told. A
  // later word without a reason takes none away.
  static void set_alert(parcel_row& parcel, const observation& observed, bool moved) {
    if (!is_alert(parcel.courier, *parcel.status)) {
      parcel.alerted_at = {true, std::nullopt};
      parcel.alert_reason = {true, std::nullopt};
      return;
    }
    if (!moved && parcel.alerted_at.value) return;
    bool stated = observed.when.kind >= as_of::shape::stated_event;
    bool timed = observed.when.kind != as_of::shape::unknown;
    parcel.alerted_at = {timed, timed ? std::optional(stated ? observed.when.from : observed.when.to)
                                      : std::nullopt};
    parcel.alert_reason = {true, observed.shipment.alert_reason.value};
  }

  // Makes the order say what its shown parcel says, as far as this observation may. True if the row changes.
  bool update_order(order_row& order, const parcel_row& displayed, const observation& observed,
                    bool is_displayed, relation time, bool grew, std::optional<parcel_state> previous_status,
                    verdict& end) {
    bool current = time != relation::older;
    if (!current && !grew) return false;
    bool list_row = is_displayed && current && !observed.shipment.metadata.empty();
    order_columns to =
        columns_showing(displayed, order, list_row ? observed.shipment.metadata : std::string());
    if (!current) {
      // A stale observation may bring an id, and nothing else.
      order_columns ids = order.columns;
      ids.tracking = to.tracking;
      ids.maystro_order_id = to.maystro_order_id;
      to = ids;
    }
    bool untimed = observed.when.kind == as_of::shape::unknown;
    if (untimed) fill_blanks_only(order.columns, to);
    bool delivered_now = current && shows_delivery(displayed.courier, displayed.status, to) &&
                         !shows_delivery(displayed.courier, previous_status, order.columns);
    if (untimed && is_set(order.columns.shipping_status)) delivered_now = false;
    bool keeps = to.status == "CANCELLED" || to.status == "RETURNED";
    if (delivered_now && !keeps) to.status = "DELIVERED";

    end.changes = differences(order.columns, to);
    std::vector<change> journaled = end.changes;
    if (delivered_now && keeps)
      journaled.push_back({"status", to.status, to.status}); // a note: it stays as it is
    for (change& journaled_change : journaled)
      result_.journal.push_back({order.id, displayed.account,
                                 displayed.uuid.value_or(displayed.display_id.value_or("")), observed.from,
                                 std::move(journaled_change), observed.event_id, observed.sweep_id});
    order.columns = std::move(to);
    return !end.changes.empty();
  }

  // A parcel may be known as delivered while its order shows nothing yet, or something that was not replaced.
  static bool shows_delivery(courier_kind of, const std::optional<parcel_state>& state,
                             const order_columns& columns) {
    return state && is_delivered(of, *state) && columns.shipping_status == shown_text(*state);
  }

  // An observation of unknown time may only say what nobody has said.
  static void fill_blanks_only(const order_columns& from, order_columns& to) {
    auto keep = [](const auto& known, auto& value) {
      if (known) value = known;
    };
    keep(from.tracking, to.tracking);
    if (is_set(from.shipping_status)) to.shipping_status = from.shipping_status;
    keep(from.maystro_order_id, to.maystro_order_id);
    keep(from.alerted_at, to.alerted_at);
    keep(from.alert_reason, to.alert_reason);
    keep(from.abort_reason, to.abort_reason);
    for (std::size_t i = 0; i < couriers.size(); ++i) keep(from.metadata[i], to.metadata[i]);
  }

  // Rows are as many as before and in their order; what is new stands behind them.
  void collect() {
    result_.changed_parcels.reserve(before_.parcels.size());
    result_.new_parcels.reserve(rows_.parcels.size() - before_.parcels.size());
    result_.orders.reserve(rows_.orders.size());
    for (std::size_t at = 0; at < rows_.parcels.size(); ++at) {
      parcel_row& parcel = rows_.parcels[at];
      if (at >= before_.parcels.size())
        result_.new_parcels.push_back(std::move(parcel));
      else if (parcel != before_.parcels[at])
        result_.changed_parcels.push_back(std::move(parcel));
    }
    for (std::size_t at = 0; at < rows_.orders.size(); ++at) {
      order_columns& to = rows_.orders[at].columns;
      const order_columns& from = before_.orders[at].columns;
      if (to == from) continue;
      bool writes_metadata = to.metadata != from.metadata;
      bool delivers = to.status != from.status;
      result_.orders.push_back({before_.orders[at].id, std::move(to), writes_metadata, delivers});
    }
  }

  const snapshot& before_;
  working_copy rows_;
  std::span<const observation> observations_;
  const door_options& options_;
  decision result_;
};

} // namespace

decision decide(const snapshot& rows, std::span<const observation> observations,
                const door_options& options) {
  return pass(rows, observations, options).run();
}

} // namespace suivi::shop
