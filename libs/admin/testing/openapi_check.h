#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "libs/admin/http/message.h"

namespace keyfence {

// Holds answers against openapi.yaml, for tests.
//
// Shape    Of JSON Schema it knows what the document uses: $ref, anyOf, type, enum, const, required, properties,
//          additionalProperties, items, pattern, and the bounds of numbers, texts and arrays.
class OpenapiCheck {
 public:
  OpenapiCheck();

  // "GET /api/v1/accounts", sorted.
  [[nodiscard]] std::vector<std::string> operations() const;
  // What of this answer the document does not allow; empty if it is as described.
  [[nodiscard]] std::vector<std::string> complaints(std::string_view method, std::string_view path_template,
                                                    const HttpResponse& response) const;
  // What of this value the schema of that name does not allow.
  [[nodiscard]] std::vector<std::string> complaints_of_schema(std::string_view schema,
                                                              const boost::json::value& value) const;
  // The same for a schema that stands in the document.
  [[nodiscard]] std::vector<std::string> complaints_of(const boost::json::value& schema,
                                                       const boost::json::value& value) const;

  [[nodiscard]] const boost::json::value& document() const noexcept { return document_; }
  // What a $ref leads to; what is none, itself.
  [[nodiscard]] const boost::json::value& resolve(const boost::json::value& node) const;

 private:
  void check(const boost::json::value& schema, const boost::json::value& value, const std::string& at,
             std::vector<std::string>& complaints) const;
  void check_object(const boost::json::object& schema, const boost::json::object& value, const std::string& at,
                    std::vector<std::string>& complaints) const;

  boost::json::value document_;
};

}  // namespace keyfence
