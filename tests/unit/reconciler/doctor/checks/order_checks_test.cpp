// Orders that are not kept up to date.
#include "tests/unit/reconciler/doctor/checks/healthy_shop.hpp"

using namespace suivi;
using namespace suivi::reconciler;
using namespace suivi::test;

TEST_CASE("orders without tracking number warn, with how many the courier does not know") {
  doctor_facts f = healthy();
  f.accounts.front().tracking = untracked_facts{10, 4, 1};
  CHECK(result_of(f, "untracked") == "WARN");
  CHECK(contains(of(f, "untracked").detail, "4 of 10 orders"));
  CHECK(contains(of(f, "untracked").detail, "1 of them are unknown to the courier"));
}

TEST_CASE("whose list it is nobody can tell where two accounts have one key: no parcel is said to be gone") {
  doctor_facts f = healthy();
  f.accounts.front().parcels_gone = 3;
  CHECK(result_of(f, "parcels gone") == "WARN");
  f.accounts.front().same_key = {"acc-2"};
  CHECK_FALSE(judged(f, "parcels gone"));
  CHECK(result_of(f, "key owner") == "FAIL");
}

TEST_CASE("orders that the old system had tracked and nobody has read warn") {
  doctor_facts f = healthy();
  f.accounts.front().never_read = 600;
  CHECK(result_of(f, "orders never read") == "WARN");
  CHECK(contains(of(f, "orders never read").detail, "600 order(s)"));
  CHECK(of(f, "orders never read").account == "acc-1");
}

TEST_CASE(
    "orders that cannot be asked for, and numbers that the courier has not, are told as what they are") {
  doctor_facts f = healthy();
  account_facts& a = f.accounts.front();
  a.reported_by_reference = false;
  a.tracking = untracked_facts{10, 4, 0};
  a.never_read = 3;
  a.numbers_unknown = 1;
  CHECK(contains(of(f, "untracked").detail, "cannot be asked by reference"));
  CHECK(of(f, "untracked").remedy.find("sweep") == std::string::npos);
  CHECK(contains(of(f, "orders never read").detail, "knows no parcel of the numbers of 1"));
  CHECK(contains(of(f, "orders never read").remedy, "reads them in turn"));
  a.numbers_unknown = 3;
  CHECK(contains(of(f, "orders never read").remedy, "suivi.unanswered_number"));
  a.numbers_unknown = 0;
  a.not_listed = 2;
  CHECK(contains(of(f, "orders never read").detail, "in the courier's whole list there was none for 2"));
  CHECK(contains(of(f, "orders never read").remedy, "reads them in turn"));
  a.not_listed = 3; // no sweep would read them
  CHECK(contains(of(f, "orders never read").remedy, "courier's own pages"));
  CHECK(of(f, "orders never read").remedy.find("suivi-reconciler") == std::string::npos);
}

TEST_CASE("open parcels are read within a day or the oldest is told") {
  doctor_facts f = healthy();
  f.accounts.front().open_parcels->oldest_pull = noon - 24h;
  CHECK(result_of(f, "unchecked") == "PASS");
  f.accounts.front().open_parcels->oldest_pull = noon - 49h;
  CHECK(result_of(f, "unchecked") == "WARN");
  CHECK(contains(of(f, "unchecked").detail, "2 days ago"));
  f.accounts.front().open_parcels = open_parcel_facts{};
  CHECK(result_of(f, "unchecked") == "PASS");
}

TEST_CASE("parcels gone at the courier warn, and nothing is said before a whole sweep was complete") {
  doctor_facts f = healthy();
  f.accounts.front().parcels_gone = 2;
  CHECK(result_of(f, "parcels gone") == "WARN");
  f.accounts.front().parcels_gone.reset();
  CHECK_FALSE(judged(f, "parcels gone"));
}

TEST_CASE("orders of nobody and orders claimed twice are two checks") {
  doctor_facts f = healthy();
  f.unassigned = unassigned_facts{5, 3, 2, 0};
  CHECK(result_of(f, "orders_without_account") == "PASS");
  CHECK(result_of(f, "contested") == "WARN");
  f.unassigned = unassigned_facts{6, 3, 0, 2};
  CHECK(result_of(f, "orders_without_account") == "WARN");
  CHECK(contains(of(f, "orders_without_account").detail, "2 have a tracking number"));
  CHECK(result_of(f, "contested") == "PASS");
  f.adopt_unassigned = false;
  CHECK(contains(of(f, "orders_without_account").detail, "3 order(s) have no account and are never matched"));
}

TEST_CASE("stores that know their account give the statement that gives it to their orders") {
  doctor_facts f = healthy();
  f.unassigned = unassigned_facts{6, 0, 0, 0};
  CHECK_FALSE(judged(f, "store links"));
  f.store_links = store_link_facts{"public", "storeIdentifier", 5, 1, {}};
  CHECK(result_of(f, "store links") == "WARN");
  CHECK(contains(of(f, "store links").detail, "5 order(s)"));
  CHECK(of(f, "store links")
            .remedy.starts_with(
                R"(UPDATE "public"."orders" o SET "shippingAccountId" = c."shippingAccountId" FROM)"));
  f.store_links->orders = 0;
  CHECK(result_of(f, "store links") == "PASS");
  f.store_links->missing = {{right_of::column, "public", "api_configurations", "name", "SELECT", true}};
  CHECK(result_of(f, "store links") == "WARN");
  CHECK(of(f, "store links").remedy ==
        R"(GRANT SELECT ("name") ON "public"."api_configurations" TO "suivi";)");
}

TEST_CASE("references that the courier spells otherwise warn, each beside the order's") {
  doctor_facts f = healthy();
  f.spelled_otherwise = blank_facts{1, {"'r1' for 'R1'"}};
  CHECK(result_of(f, "references") == "WARN");
  CHECK(contains(of(f, "references").detail, "'r1' for 'R1'"));
  f.spelled_otherwise = blank_facts{};
  CHECK(result_of(f, "references") == "PASS");
}

TEST_CASE("references with blanks around them warn and are shown quoted") {
  doctor_facts f = healthy();
  f.blanks = blank_facts{2, {"' R1', 'R2 '"}};
  CHECK(result_of(f, "references") == "WARN");
  CHECK(contains(of(f, "references").detail, "' R1', 'R2 '"));
}
