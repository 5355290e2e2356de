#include "tests/decisions/table_file.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace keyfence::decisions {

std::vector<std::filesystem::path> table_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(KEYFENCE_DECISIONS_DIR)) {
    if (file.path().extension() == ".decision") files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<DecisionTable, TableError> read_table(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return parse_table(text.str());
}

}  // namespace keyfence::decisions
