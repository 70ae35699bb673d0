// One list of whole words, and one of their beginnings; both without case and accents.
#include "receiver/api/redaction/known_words.hpp"

#include "common/shipment/courier.hpp"
#include "receiver/api/redaction/private_names.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace suivi::receiver {
namespace {

constexpr std::string_view masked = "***";

// Longer words that begin like these may be names (`Mariam`).
constexpr std::string_view whole_words =
    " area auto avec base batch been bon both busy call card cash chez city code colis come cost "
    "dans date day days deja demain desk dest deux done door early elle encore envoi envoie est "
    "etat etre exact faire fait fake faux fee fees file flag free from gate gone good goods "
    "grand hash have held here high hold home hors hour hours http https hub info item items "
    "jeudi jour jours json just kind kilo lang late lien lieu line lines link links list lists "
    "liste local long loin lot low lundi mais main maison mardi mari mauvais meta midi mode "
    "model moins mois moment more much multi name names need never next nobody none nord nous "
    "null numero only open other ouest ouvert page pages paid part party pas path payload people "
    "person pick place plan plus point post pour pret prix quand rang rank rate ratio raw redo "
    "refus rien root route row rows rupture same samedi sans scan self semaine sent seul shop "
    "show side sign size skip slot slug some soir sold solde son soon sort sous stage step steps "
    "stop store stores style sud sure tard task team term test text than that the their then "
    "there they this time times title to token tone tour tout toutes tracking trop true twice "
    "type types unit unite unites until url user users uuid value values vendredi very via vide "
    "visit void voie vous wait waiting want wants watch week were what when with work wrong zero "
    "zip zone zones cours cree creee inconnu yalidine picked pris prise remis remise "
    "sorti sortie taken transmis transmise vers not out new old per answer answers alger algiers madame "
    "monsieur client "
    "cliente clients clientele mme mlle mrs tel gsm api app sms net sku ref eta cod dim max min "
    "sum tva ttc usd eur dzd yes non oui ne la le les un une des du de en et ou au aux sur il "
    "son ses leur qui que dont par ";
constexpr std::string_view stems =
    " abandon abort absen accept access account achat activ actual adress address adopt agen "
    "agree alert alternat amount annul annonc appel apport approv arriv article assign attach "
    "attempt attend attent attribut author available avail avanc balance barcode before between "
    "billing block bloqu boutique box brand bureau calculat cancel capture carrier casse categor "
    "causer center centre chang charge chauffeur check chemin choix chose client cloture closed "
    "collect color colour command comment commercial commun company compens complet comptab "
    "compte config confirm connect contact contain content contract contre conveni correct "
    "costume countr count courier coursier coverage creat credential currenc current custom "
    "customer damage data debloqu default defect delai delay delet deliver demand depart deplac dernier "
    "descri desir destin detail detect device dimension direct disabl discount dispatch display "
    "distan distribut doc document domicile doubl doubt draft driver dropp duplic durat "
    "ecomanager echang echec echou editor edited element email employe empty enabl endroit enlev enter "
    "entr enveloppe erreur erron error essai establish estim etage event exampl exchang exclud "
    "execut exist expect expedi expens expir explic export express extend extern extra facture "
    "fail fallback famil fausse feature ferme field figure filter final finish first fragile "
    "freight fulfil full function fund further future gener given global grill group guichet "
    "handl header heavy height histor horaire identi ignor image imposs inactiv inaccess incapab "
    "incident include incomplet incorrect indisponible index inform initial injoignable insert "
    "insist instance instruct integr intern interess introuvable invalid inventor invoice "
    "iscancel issue joindre joignable journal kilogr known label langu language last latest "
    "layout length level liaison libell limit linked liquid livr load locale localis location logistic "
    "magasin manager manifest manquant manque manual market merchant message method minute "
    "missing modif montant morning motif move movement mutuel narrat native nature neutral "
    "nombre nonconform normal note notif nouvel number object obsolet occup occur official offic operat "
    "optio order origin outcome outgoing output overdue owner packag packet paiement parcel "
    "parent parsed partenair particip partner passe pause payment pays pending perdu perform period phone "
    "photo pickup picture pieces poids portable position possib postpon potential precis prefer "
    "prefix prepar present preview previous price primary priorit probl process produc produit "
    "profil program progress project promis proof propert provid province publi purchase purpose "
    "quantit quality quartier query question queue quota raison ramass rappel reach ready reason recal "
    "receiv recept recherch reclam record recu redirect reduc reexped refer refund refus region "
    "regist reject relation release remark remarque remb remise remov repl repond reponse report "
    "repris request required reserv resolu resolv response restant result resum retard retir retour "
    "retry return revers review reviewed risk sale scanned schedul score seller sender sequence "
    "serial serv session setting severity sheet ship shop signal situat snapshot societ sorted "
    "source special speed split standard start stat statut stock storage street string subject "
    "subscri substit success suggest summary suivi supplier support suppress surfactur suspend sync system "
    "tagged "
    "target tarif technic telephon temp tentativ terminal territor third thread timeline "
    "timestamp total tracked traite transact transfer transit transmission transport travel treat trigger "
    "typed unable unavailable undefined unknown unload unread unreach update updat upload urgen "
    "utilis valid vendeur vendu verif version versement vehicle vehicul visible volume wallet warehous "
    "warning webhook weight width wilaya window within without workflow zipcode ";

// Behind them names stand, whatever letters they begin with.
constexpr std::string_view introductions = " client cliente chez mr mme mlle madame monsieur ";

constexpr std::string_view arabic_words =
    " الزبون زبون الزبونة العميل لا لم لن ما غير في من على الى إلى عن مع تم قد هو هي كان يكون "
    "يجيب يرد ترد الرد رد الهاتف هاتف هاتفه مغلق مشغول خارج التغطية الخدمة رقم الرقم خاطئ خطأ "
    "العنوان عنوان ناقص موجود متوفر متاح مسافر غائب رفض رفضت الاستلام استلام الطلب طلب الطلبية "
    "طلبية الطرد طرد ملغى ملغاة الغاء إلغاء مؤجل تأجيل اجل غدا اليوم أمس يوم الموعد موعد السعر "
    "غالي مكرر مكررة تسليم التسليم توصيل التوصيل المنزل المكتب البلدية الولاية تبديل استبدال "
    "معطل مفقود قيد الانتظار محاولة فاشلة يريد تريد بعد قبل اتصال الاتصال يمكن لايرد ";

std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> all;
  for (std::size_t at = 1; at < list.size();) {
    std::size_t end = list.find(' ', at);
    all.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  std::ranges::sort(all);
  return all;
}

// Of several that begin alike the shortest says all.
std::vector<std::string_view> shortest_of(std::string_view list) {
  std::vector<std::string_view> all;
  for (std::string_view each : words_of(list))
    if (all.empty() || !each.starts_with(all.back())) all.push_back(each);
  return all;
}

bool is_in(std::string_view list, std::string_view word) {
  return list.find(" " + std::string(word) + " ") != std::string_view::npos;
}

bool is_known(std::string_view word) {
  static const std::vector<std::string_view> whole = [] {
    std::vector<std::string_view> all = words_of(whole_words);
    std::ranges::copy(accepted_slugs(), std::back_inserter(all));
    std::ranges::sort(all);
    return all;
  }();
  static const std::vector<std::string_view> beginnings = shortest_of(stems);
  std::string plain = folded_name(word);
  if (std::ranges::binary_search(whole, std::string_view(plain))) return true;
  auto behind = std::ranges::upper_bound(beginnings, std::string_view(plain));
  return behind != beginnings.begin() && plain.starts_with(*std::prev(behind));
}

bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_foreign(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool is_letter(char c) {
  return is_small(c) || is_capital(c) || is_foreign(c);
}

// Latin letters with an accent begin with these.
bool is_latin(std::string_view word) {
  return std::ranges::all_of(word, [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0xc0 || (byte >= 0xc3 && byte <= 0xc5);
  });
}

// Letters, not bytes.
std::size_t length_of(std::string_view word) {
  return static_cast<std::size_t>(
      std::ranges::count_if(word, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// É and its like are two bytes, the second below 0xA0.
bool begins_large(std::string_view word) {
  if (is_capital(word.front())) return true;
  return word.size() > 1 && static_cast<unsigned char>(word[0]) == 0xc3 &&
         static_cast<unsigned char>(word[1]) < 0xa0;
}

bool is_written_as_name(std::string_view word) {
  return word.size() > 1 && begins_large(word) && std::ranges::any_of(word, is_small);
}

// Nobody's name is written so in a program's own words (`warehouse`, `import_id`).
bool is_small_latin(std::string_view word) {
  return is_latin(word) && !begins_large(word);
}

// The end of the word that begins there; at a capital behind small letters another one begins.
std::size_t end_of_word(std::string_view text, std::size_t begin, bool camel_case) {
  std::size_t end = begin;
  while (end < text.size() && is_letter(text[end])) {
    if (camel_case && end > begin && is_capital(text[end]) && is_small(text[end - 1])) break;
    ++end;
  }
  return end;
}

// Calls `each` with every word.
template <class Each>
void for_words(std::string_view text, bool camel_case, Each each) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_letter(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = end_of_word(text, at, camel_case);
    each(text.substr(at, end - at));
    at = end;
  }
}

bool is_short(std::string_view word) {
  std::size_t letters = length_of(word);
  return letters < 3 || (letters == 3 && !is_written_as_name(word));
}

} // namespace

bool is_mostly_known(std::string_view name) {
  std::size_t known = 0, unknown = 0;
  for_words(name, true, [&](std::string_view word) {
    if (is_small_latin(word) || is_known(word))
      known += word.size();
    else if (!is_short(word))
      unknown += word.size();
  });
  return known >= unknown;
}

bool may_hold_name(std::string_view text) {
  bool numbered = text.find_first_of("0123456789") != std::string_view::npos;
  bool found = false;
  for_words(text, true, [&](std::string_view word) {
    bool brief = is_short(word) || (numbered && length_of(word) <= 3);
    found = found || (!brief && !is_small_latin(word) && !is_known(word));
  });
  return found;
}

bool is_mostly_names(std::string_view text) {
  std::size_t letters = 0;
  for_words(text, true, [&](std::string_view word) {
    if (word.size() > 2 && is_written_as_name(word) && !is_known(word)) letters += word.size();
  });
  return letters * 2 > text.size();
}

std::string without_names(std::string_view reason) {
  std::string redacted;
  bool introduced = false;
  for (std::size_t at = 0; at < reason.size();) {
    if (!is_letter(reason[at])) {
      redacted += reason[at++];
      continue;
    }
    std::size_t end = end_of_word(reason, at, false);
    std::string_view word = reason.substr(at, end - at);
    bool latin = is_latin(word);
    bool known = latin ? is_known(word) : is_in(arabic_words, word);
    bool brief = latin ? is_short(word) : length_of(word) < 3;
    bool hidden = !known && !brief && (introduced || !latin || begins_large(word));
    redacted += hidden ? masked : word;
    introduced = hidden || is_in(introductions, folded_name(word));
    at = end;
  }
  return redacted;
}

} // namespace suivi::receiver
