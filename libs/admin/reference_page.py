"""Makes the reference of the API, one page without a script, of openapi.yaml, as C++ source."""

import html
import json
import sys

import yaml

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
nav ul { columns: 2; list-style: none; padding: 0; }
nav a, h3 code { text-decoration: none; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; }
code, pre { font: 0.9em ui-monospace, monospace; }
pre { background: var(--soft); padding: 0.75rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; }
.method { font-weight: 700; }
"""


class Reference:
    def __init__(self, document):
        self.document = document
        self.out = []

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.document
            for step in node["$ref"][2:].split("/"):
                target = target[step]
            node = target
        return node

    def put(self, text):
        self.out.append(text)

    @staticmethod
    def prose(text):
        parts = html.escape(str(text).strip()).split("`")
        return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))

    def type_of(self, schema):
        if not isinstance(schema, dict):
            return ""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return f'<a href="#schema-{name}">{name}</a>'
        if "anyOf" in schema:
            return " or ".join(self.type_of(one) for one in schema["anyOf"])
        if "const" in schema:
            return f"<code>{html.escape(str(schema['const']))}</code>"
        if "enum" in schema:
            return ", ".join(f"<code>{html.escape(str(one))}</code>" for one in schema["enum"])
        if schema.get("type") == "array":
            return "array of " + self.type_of(schema.get("items", {}))
        kind = schema.get("type", "any")
        return " or ".join(kind) if isinstance(kind, list) else kind

    def members(self, schema):
        required = schema.get("required", [])
        self.put("<table><thead><tr><th>member</th><th>type</th><th></th></tr></thead><tbody>")
        for name, member in schema.get("properties", {}).items():
            note = self.prose(member.get("description", "")) if isinstance(member, dict) else ""
            must = "" if name in required else "optional"
            note = " ".join(part for part in (must, note) if part)
            self.put(f"<tr><td><code>{name}</code></td><td>{self.type_of(member)}</td><td>{note}</td></tr>")
        self.put("</tbody></table>")

    def schema(self, schema):
        if "$ref" not in schema and schema.get("type") == "object" and "properties" in schema:
            self.members(schema)
        else:
            self.put(f"<p>{self.type_of(schema)}</p>")

    def content(self, content):
        for media, body in content.items():
            self.put(f"<p><code>{media}</code></p>")
            self.schema(body.get("schema", {}))
            for example in body.get("examples", {}).values():
                self.example(self.resolve(example)["value"])

    def example(self, value):
        text = value.rstrip("\n") if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
        self.put(f"<details><summary>Example</summary><pre>{html.escape(text)}</pre></details>")

    def operation(self, path, method, operation, shared):
        name = operation["operationId"]
        self.put(f'<section id="{name}"><h3><span class="method">{method.upper()}</span> <code>{path}</code></h3>')
        self.put(f"<p>{self.prose(operation['summary'])}.</p>")
        if "description" in operation:
            self.put(f"<p>{self.prose(operation['description'])}</p>")
        parameters = [self.resolve(one) for one in shared + operation.get("parameters", [])]
        if parameters:
            self.put("<table><thead><tr><th>parameter</th><th>in</th><th>type</th><th></th></tr></thead><tbody>")
            for one in parameters:
                must = "required" if one.get("required") and one["in"] != "path" else ""
                note = " ".join(part for part in (must, self.prose(one.get("description", ""))) if part)
                self.put(
                    f"<tr><td><code>{one['name']}</code></td><td>{one['in']}</td>"
                    f"<td>{self.type_of(one['schema'])}</td><td>{note}</td></tr>"
                )
            self.put("</tbody></table>")
        if "requestBody" in operation:
            body = self.resolve(operation["requestBody"])
            self.put(f"<h4>Body</h4><p>{self.prose(body.get('description', ''))}</p>")
            self.content(body["content"])
        self.put("<h4>Answers</h4>")
        for status, answer in operation["responses"].items():
            answer = self.resolve(answer)
            self.put(f"<p><code>{status}</code> {self.prose(answer.get('description', ''))}</p>")
            if str(status).startswith("2"):
                self.content(answer.get("content", {}))
        self.put("</section>")

    def page(self):
        info = self.document["info"]
        self.put('<!doctype html><html lang="en"><head><meta charset="utf-8">')
        self.put('<meta name="viewport" content="width=device-width, initial-scale=1">')
        self.put(f"<title>{html.escape(info['title'])}</title>")
        self.put('<link rel="stylesheet" href="/docs/style.css"></head><body>')
        self.put(f"<h1>{html.escape(info['title'])}</h1>")
        for paragraph in info["description"].split("\n\n"):
            self.put(f"<p>{self.prose(paragraph)}</p>")
        self.put('<p>The same for programs: <a href="/api/v1/openapi.json">openapi.json</a>.</p>')
        by_tag = {tag["name"]: [] for tag in self.document["tags"]}
        for path, item in self.document["paths"].items():
            shared = item.get("parameters", [])
            for method, operation in item.items():
                if method != "parameters":
                    by_tag[operation["tags"][0]].append((path, method, operation, shared))
        self.put("<nav>")
        for tag, operations in by_tag.items():
            self.put(f"<h2>{tag}</h2><ul>")
            for path, method, operation, _ in operations:
                self.put(f'<li><a href="#{operation["operationId"]}">{self.prose(operation["summary"])}</a></li>')
            self.put("</ul>")
        self.put("</nav><main>")
        for tag in self.document["tags"]:
            self.put(f"<h2>{tag['name']}</h2><p>{self.prose(tag.get('description', ''))}</p>")
            for one in by_tag[tag["name"]]:
                self.operation(*one)
        self.put("<h2>Schemas</h2>")
        for name, schema in self.document["components"]["schemas"].items():
            self.put(f'<section id="schema-{name}"><h3>{name}</h3><p>{self.prose(schema.get("description", ""))}</p>')
            self.schema(schema)
            self.put("</section>")
        self.put("</main></body></html>")
        return "\n".join(self.out) + "\n"


def literals(text):
    # A literal has a length that compilers may bound.
    data = text.encode("utf-8")
    pieces = []
    for begin in range(0, len(data), 8_000):
        escaped = "".join(
            chr(b) if 0x20 <= b < 0x7F and b not in (0x22, 0x5C, 0x3F) else f"\\{b:03o}" for b in data[begin : begin + 8_000]
        )
        pieces.append(f'    "{escaped}"')
    return "\n".join(pieces), len(data)


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    page, page_size = literals(Reference(document).page())
    style, style_size = literals(STYLE.lstrip())
    with open(target, "w", encoding="utf-8") as file:
        file.write(
            "// Made from openapi.yaml by reference_page.py.\n"
            '#include "libs/admin/openapi_document.h"\n\nnamespace keyfence {\nnamespace {\n\n'
            f"constexpr char kPage[] =\n{page};\nconstexpr char kStyle[] =\n{style};\n\n}}  // namespace\n\n"
            f"std::string_view reference_page() noexcept {{ return {{kPage, {page_size}}}; }}\n"
            f"std::string_view reference_style() noexcept {{ return {{kStyle, {style_size}}}; }}\n\n"
            "}  // namespace keyfence\n"
        )


main()
