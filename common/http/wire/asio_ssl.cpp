// The one unit that compiles Asio's OpenSSL parts (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/ssl/impl/src.hpp>
