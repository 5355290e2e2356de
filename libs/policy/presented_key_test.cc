#include "libs/policy/presented_key.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <ostream>
#include <set>
#include <type_traits>

namespace keyfence {
namespace {

constexpr std::string_view kBase62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// A secret that was made by another program (Python's zlib.crc32), so that form and checksum do not drift.
constexpr std::string_view kKnownSecret = "kf_NkEkip852w7ezO07HvDv7aQkXh32Mx2fh1BtP9QF3J01GQotR";

static_assert(!std::is_copy_constructible_v<NewSecret> && !std::is_copy_assignable_v<NewSecret>);
static_assert(std::is_nothrow_move_constructible_v<NewSecret>);

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Printable<NewSecret> && !Printable<PresentedKey> && !Printable<KeyDigest>);

CredentialState state_of(std::string_view text) {
  return read_presented_key(text).state;
}

TEST(Sha256, GivesThePublishedDigests) {
  // FIPS 180-4 examples.
  EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, IsThatOfTheLibraryAtEveryLengthAroundABlock) {
  std::string message;
  for (std::size_t length = 0; length < 200; ++length) {
    KeyDigest expected;
    ASSERT_EQ(EVP_Digest(message.data(), message.size(), expected.bytes.data(), nullptr, EVP_sha256(), nullptr), 1);
    ASSERT_EQ(sha256(message), expected) << length;
    message.push_back(static_cast<char>(7 * length));
  }
}

TEST(KeyDigest, HexReadsBackInEitherCase) {
  const KeyDigest digest = sha256("abc");
  EXPECT_EQ(KeyDigest::parse_hex(digest.hex()), digest);
  std::string upper = digest.hex();
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(KeyDigest::parse_hex(upper), digest);
}

TEST(KeyDigest, OtherTextsAreNone) {
  const std::string hex = sha256("abc").hex();
  EXPECT_EQ(KeyDigest::parse_hex(""), std::nullopt);
  EXPECT_EQ(KeyDigest::parse_hex(hex.substr(1)), std::nullopt);
  EXPECT_EQ(KeyDigest::parse_hex(hex + "0"), std::nullopt);
  for (const char c : {'g', 'G', ' ', '\0', '/', ':', '@', '`'}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{31}, std::size_t{63}}) {
      std::string bad = hex;
      bad[at] = c;
      EXPECT_EQ(KeyDigest::parse_hex(bad), std::nullopt);
    }
  }
}

TEST(NewSecret, HasPrefix43DigitsAndAChecksumOf6) {
  for (const std::string_view prefix : {"kf_", "kfm_"}) {
    const NewSecret secret = NewSecret::make(prefix);
    const std::string& text = secret.reveal_once();
    EXPECT_EQ(text.size(), prefix.size() + 49);
    EXPECT_EQ(text.substr(0, prefix.size()), prefix);
    EXPECT_EQ(text.find_first_not_of(kBase62, prefix.size()), std::string::npos);
    EXPECT_TRUE(has_valid_checksum(text, prefix));
    EXPECT_EQ(secret.digest(), sha256(text));
  }
  EXPECT_FALSE(has_valid_checksum(NewSecret::make("kf_").reveal_once(), "kfm_"));
  EXPECT_FALSE(has_valid_checksum(NewSecret::make("kfm_").reveal_once(), "kf_"));
}

TEST(NewSecret, DoesNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(seen.insert(NewSecret::make("kf_").reveal_once()).second);
}

// 256 random bits in 43 digits: every digit takes many values, the first only those that 2^256 has room for.
TEST(NewSecret, UsesEveryDigit) {
  std::array<std::set<char>, 43> seen;
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = NewSecret::make("kf_").reveal_once();
    for (std::size_t at = 0; at < seen.size(); ++at) seen[at].insert(text[3 + at]);
  }
  EXPECT_GE(seen[0].size(), 55U);
  for (std::size_t at = 1; at < seen.size(); ++at) EXPECT_EQ(seen[at].size(), 62U) << at;
}

TEST(NewSecret, IsReadBackAsPresented) {
  const NewSecret secret = NewSecret::make("kf_");
  const PresentedKey presented = read_presented_key(secret.reveal_once());
  EXPECT_EQ(presented.state, CredentialState::kPresent);
  EXPECT_EQ(presented.digest, secret.digest());
}

TEST(PresentedKey, KnownSecretStaysValid) {
  EXPECT_EQ(state_of(kKnownSecret), CredentialState::kPresent);
  EXPECT_TRUE(has_valid_checksum(kKnownSecret, "kf_"));
}

TEST(PresentedKey, EverySingleMistypedCharacterIsRefused) {
  for (std::size_t at = 3; at < kKnownSecret.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string mistyped(kKnownSecret);
      if (mistyped[at] == static_cast<char>(byte)) continue;
      mistyped[at] = static_cast<char>(byte);
      ASSERT_EQ(state_of(mistyped), CredentialState::kMalformed) << at << " " << byte;
    }
  }
}

TEST(PresentedKey, TwoSwappedNeighboursAreRefused) {
  for (std::size_t at = 3; at + 1 < kKnownSecret.size(); ++at) {
    std::string swapped(kKnownSecret);
    std::swap(swapped[at], swapped[at + 1]);
    if (swapped != kKnownSecret) {
      EXPECT_EQ(state_of(swapped), CredentialState::kMalformed) << at;
    }
  }
}

TEST(PresentedKey, AMissingOrAnAddedCharacterIsRefused) {
  for (std::size_t at = 3; at < kKnownSecret.size(); ++at) {
    std::string shorter(kKnownSecret);
    shorter.erase(at, 1);
    EXPECT_EQ(state_of(shorter), CredentialState::kMalformed);
    std::string longer(kKnownSecret);
    longer.insert(at, 1, 'a');
    EXPECT_EQ(state_of(longer), CredentialState::kMalformed);
  }
  for (const char* text : {"kf_", "kf_a", "kf_\x01"}) EXPECT_EQ(state_of(text), CredentialState::kMalformed);
}

TEST(PresentedKey, KeysOfOtherFormsAreTakenAsTheyAre) {
  for (const char* text : {"sk_live_1", "7f3a9e52-0d1c-4a58-9c07-64c1b7ddeb01", "a", "kf", "kf-", "KF_x", "kfm_x",
                           "eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IV7pAx_Zmeo", "~!@#$%^&*()"}) {
    const PresentedKey presented = read_presented_key(text);
    EXPECT_EQ(presented.state, CredentialState::kPresent) << text;
    EXPECT_EQ(presented.digest, sha256(text)) << text;
  }
}

TEST(PresentedKey, EmptyIsMissing) {
  EXPECT_EQ(state_of(""), CredentialState::kMissing);
}

TEST(PresentedKey, OnlyPrintableAsciiWithoutSpacesIsAKey) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("old-key-") + static_cast<char>(byte) + "x";
    const bool printable = byte > 0x20 && byte < 0x7F;
    EXPECT_EQ(state_of(text), printable ? CredentialState::kPresent : CredentialState::kMalformed) << byte;
  }
}

TEST(PresentedKey, LengthIsBounded) {
  EXPECT_EQ(state_of(std::string(kCredentialBytesMax, 'x')), CredentialState::kPresent);
  EXPECT_EQ(state_of(std::string(kCredentialBytesMax + 1, 'x')), CredentialState::kMalformed);
}

}  // namespace
}  // namespace keyfence
