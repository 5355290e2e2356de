"""Writes openapi.yaml as JSON into a C++ source: embed_openapi.py IN.yaml OUT.cc"""

import json
import sys

import yaml

PIECE = 4000  # compilers limit the length of one literal


def main(source: str, target: str) -> None:
    with open(source, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)]
    with open(target, "w", encoding="utf-8") as out:
        out.write('#include "libs/admin/openapi_document.h"\n\n#include <string>\n\nnamespace keyfence {\n')
        out.write("std::string_view openapi_document() noexcept {\n  static const std::string text = std::string()\n")
        out.writelines(f'      + R"~~({piece})~~"\n' for piece in pieces)
        out.write("      ;\n  return text;\n}\n}  // namespace keyfence\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
