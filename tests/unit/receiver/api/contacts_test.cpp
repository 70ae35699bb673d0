// Phone numbers within texts, however they are written.
#include "receiver/api/redaction/contacts.hpp"

#include "receiver/api/redaction/redaction.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi::receiver;

TEST_CASE(
    "a phone number is hidden whatever stands beside it, in whatever groups, digits and of any country") {
  struct row {
    const char *text, *expected;
  };
  for (const row& each :
       {row{"0550112233/0661223344", "***/***"}, row{"0550112233 0661223344", "*** ***"},
        row{"0550112233 - 0661223344 le 12/01", "*** - *** le 12/01"},
        row{"appeler 0550112233 2 fois", "appeler *** 2 fois"}, row{"12 0550112233 10h", "12 *** 10h"},
        row{"le 31-01-2026 0550112233", "le 31-01-2026 ***"},
        row{"le 2026-01-31 05 50 11 22 33", "le 2026-01-31 ***"}, row{"(0550) 11 22 33", "(***"},
        row{"+213 (0) 550 11 22 33, +213661223344", "***, ***"},
        row{"0550 - 11 - 22 - 33 / 021 23 45 67 / 12", "*** / *** / 12"},
        row{"N\u00b00550112233", "N\u00b0***"},
        row{"T\u00e9l\u00a00550\u00a011\u00a022\u00a033\u2026", "T\u00e9l\u00a0***\u2026"},
        row{"\u0660\u0665\u0665\u0660\u0661\u0661\u0662\u0662\u0663\u0663", "***"},
        row{"0550_11_22_33, 0550\u200b11\u200b2233", "***, ***"},
        row{"\uff10\uff15\uff15\uff10\uff11\uff11\uff12\uff12\uff13\uff13", "***"},
        row{"+33 6 12 34 56 78 ou 0033612345678", "*** ou ***"},
        row{"550112233 ou 661223344", "*** ou ***"}}) {
    CAPTURE(each.text);
    CHECK(without_contacts(each.text) == each.expected);
  }
  for (const char* text : {"2026-05-12 11:22:33", "05-11-2026 2026-03-12", "12:00:03.1234567", "550112233a",
                           "a0550112233", "05501122334", "+0100", "le 12/01/2026 2 fois"})
    CHECK(without_contacts(text) == text);
}

TEST_CASE("of a webhook the phone numbers are hidden in a reason, as a fraction and as a text") {
  boost::json::value body = boost::json::parse(
      R"({"alert_reason":"appeler 0550112233/0661223344","x":550112233.0,"y":"550112233","z":"A-1"})");
  mask(body);
  CHECK(boost::json::serialize(body) ==
        R"({"alert_reason":"appeler ***/***","x":"***","y":"***","z":"A-1"})");
}

TEST_CASE("a phone number beside anything else is no reference and no message's id") {
  boost::json::value body = boost::json::parse(
      R"({"reference":"0550112233 Amina","order_id":"0550112233/0661223344","tracking":"05 50 11 22 33",)"
      R"("key":"https://example.org/213550112233","id":"0550112233","ref":"Commande 12/A","code":"MD-0612345678",)"
      R"("name":"Amina-0550112233","sku":"Commande 0550112233"})");
  mask(body);
  CHECK(
      boost::json::serialize(body) ==
      R"({"reference":"***","order_id":"***/***","tracking":"***","key":"https://example.org/***","id":"0550112233",)"
      R"("ref":"Commande 12/A","code":"MD-0612345678","name":"***","sku":"Commande ***"})");
  CHECK(shown_message_id("Amina-0550112233") == "***");
  CHECK(shown_message_id("m-0550112233") == "m-0550112233");
}
