// Names in Latin letters without case, accents, blanks and apostrophes, and in Arabic ones without blanks.
#include "receiver/api/redaction/wilayas.hpp"

#include "receiver/api/redaction/private_names.hpp"

#include <string>

namespace suivi::receiver {
namespace {

constexpr std::string_view names =
    " adrar chlef laghouat oumelbouaghi batna bejaia biskra bechar blida bouira tamanrasset "
    "tamanghasset tebessa tlemcen tiaret tiziouzou alger algiers djelfa jijel setif saida "
    "skikda sidibelabbes annaba guelma constantine medea mostaganem msila mascara ouargla "
    "oran elbayadh illizi bordjbouarreridj bordjbouarerridj bba boumerdes eltarf eltaref "
    "tindouf tissemsilt eloued khenchela soukahras tipaza tipasa mila aindefla naama ennaama "
    "aintemouchent ghardaia relizane timimoun bordjbadjimokhtar ouleddjellal beniabbes "
    "insalah inguezzam ainsalah ainguezzam touggourt djanet elmghair elmeghaier elmeghaeir "
    "elmenia elmeniaa aflou ainoussera barika birelater boussaada elabiodhsidicheikh "
    "elaricha elkantara ksarchellala ksarelboukhari messaad "
    "أدرار الشلف الأغواط أمالبواقي باتنة بجاية بسكرة بشار البليدة البويرة تمنراست تبسة "
    "تلمسان تيارت تيزيوزو الجزائر الجلفة جيجل سطيف سعيدة سكيكدة سيديبلعباس عنابة قالمة "
    "قسنطينة المدية مستغانم المسيلة معسكر ورقلة وهران البيض إليزي برجبوعريريج بومرداس الطارف "
    "تندوف تيسمسيلت الوادي خنشلة سوقأهراس تيبازة ميلة عينالدفلى النعامة عينتموشنت غرداية "
    "غليزان تيميمون برجباجيمختار أولادجلال بنيعباس عينصالح عينقزام تقرت جانت المغير المنيعة ";

} // namespace

bool is_wilaya(std::string_view text) {
  constexpr std::size_t bytes_max = 64;
  if (text.size() > bytes_max) return false;
  constexpr std::string_view left_out = "0123456789'`.,:;()/\t\r\n";
  std::string name = " ";
  for (char c : folded_name(text))
    if (left_out.find(c) == std::string_view::npos) name += c;
  for (std::string_view mark : {"’", "ʼ"})
    for (std::size_t at = name.find(mark); at != std::string::npos; at = name.find(mark))
      name.erase(at, mark.size());
  constexpr std::size_t digits_max = 2;
  if (name == " ") return text.size() <= digits_max;
  return names.find(name + ' ') != std::string_view::npos;
}

} // namespace suivi::receiver
