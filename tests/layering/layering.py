#!/usr/bin/env python3
"""Checks which part of the project may know which: layering.py [ROOT]; layering.py --self-test

The tables below are the rules; what breaks one is named with file, line and reason, and the exit status is 1.
"""
import pathlib
import re
import subprocess
import sys

# core/src in layers, one a line: a file includes only headers of its own line and of those above.
CORE_LAYERS = """
status
buffer
embedded
decimal decimalshort
clock
worker filebytes beneath
json jsonwriter
value valuebody valuecheck valuecopy valuejson
nearest
options
series seriesreading seriesrows seriescolumns
summary
rowtext rowscan
pyramid pyramidfile pyramidbuild pyramidwalk nodecache
rowblock rowwriter
seriestail seriestext
seriesfile serieshead serieswriter
filename
storage storagelock storagesweep
cache
pyramidstore
journal
moment
mending
progress
directory directoryput listing
windowrows
reduction
rawrows
windowruns
window windowpyramid bins
indexing
sample
windowanswer
stack stackpyramid
frame
indexer
windows
windowquery
snapshot
remote
watch
catalogue
gate
sockets outbox
connections
headers
http httpserver httpstart
reply
live
routes
serverfile
server
control
program
serve
host
browser
embed
readback
append
arguments
view
call callplot callappend callshow
charts
tool toolindex
"""
LAYER_OF = {stem: place for place, line in enumerate(CORE_LAYERS.split("\n")) for stem in line.split()}

# Headers that only the files named may include.
CORE_GUARDED = {"civetweb.h": {"httpserver"}, "httpserver.h": {"http", "httpstart"}}

# All that is used of civetweb. What is not here was not looked at: mg_handle_form_request, for one, can be made to spin for ever.
CIVETWEB = set(
    "mg_callbacks mg_connection mg_context mg_request_info mg_server_port "
    "mg_disable_connection_keep_alive mg_get_context mg_get_header mg_get_request_info mg_get_server_ports mg_get_user_connection_data "
    "mg_get_user_context_data mg_get_user_data mg_init_library mg_read mg_set_websocket_handler mg_start mg_stop mg_write".split()
)
CIVETWEB_NAME = re.compile(r"\bmg_\w+")

# What compares texts takes longer the more of them is equal: a token is compared by token_equal of gate.c alone. A token of the JSON
# scanner has members: it is another thing.
COMPARISON = re.compile(r"\b(mem\w*cmp|bcmp|str\w*cmp|str\w*str|memmem|strspn|strcspn)\s*\(")
# Where no stranger chose what is compared: what is known of a server with what this user's own file says of it.
OWN_TOKENS = {"control.c"}
TOKEN = re.compile(r"\b(?:\w+_)?(?:token|TOKEN)\b(?!\s*(?:->|\.))")

# Headers of host languages: the core knows none.
HOST_LANGUAGE = re.compile(
    r"^(lua\.h|lauxlib\.h|lualib\.h|lua5\.\d/.*|R\.h|Rinternals\.h|Rdefines\.h|Rmath\.h|R_ext/.*|Python\.h|numpy/.*|mex\.h|matrix\.h|"
    r"octave/.*|oct\.h|jni\.h|node_api\.h)$"
)

STANDARD_C = set(
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbool stddef "
    "stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype".split()
)

# web/src: which rooms and packages a room may import. A package is named by its first part, or by @scope/name.
WEB_ROOMS = {
    "model": {"rooms": {"model"}, "packages": set()},
    "engine": {"rooms": {"engine", "model"}, "packages": {"echarts"}},
    "view": {"rooms": {"view", "engine", "model"}, "packages": None},
    "main": {"rooms": {"view", "engine", "model"}, "packages": None},
}
# Packages that only one room imports.
WEB_GUARDED = {"echarts": {"engine"}, "zrender": {"engine"}}

# What web/src/model must not touch, since it also runs where there is no document.
DOM = re.compile(
    r"(?<![\w.$'\"-])(document|localStorage|sessionStorage|navigator|getComputedStyle|requestAnimationFrame|matchMedia|ResizeObserver|"
    r"HTML\w*Element|SVG\w*Element|CanvasRenderingContext2D|MouseEvent|KeyboardEvent|"
    r"window\.(?:document|location|history|open|addEventListener|devicePixelRatio|innerWidth|innerHeight|matchMedia))(?![\w$-])"
)

TOP_LEVEL = set(
    "core bindings web datasets tests CMakeLists.txt CMakePresets.json Makefile README.md CHANGELOG.md CONTRIBUTING.md LICENSE "
    ".clang-format .clang-tidy .editorconfig .gitignore .gitattributes .ci".split()
)

# Names that say nothing about what a file is for.
DRAWER = re.compile(r"^(utils?|utilities|common|helpers?|misc|miscellaneous)$", re.IGNORECASE)

NOT_OURS = {".git", "build", "node_modules", "__pycache__"}

C_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
TS_IMPORT = re.compile(r"""(?:^|[\s;}])(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)""")


class Check:
    def __init__(self, root):
        self.root = root
        self.problems = []
        self.files = self.list_files()

    def list_files(self):
        """Files of the project, relative: what git knows or would add; without git, all but what is built or installed."""
        if (self.root / ".git").exists():
            command = ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
            listing = subprocess.run(command, check=True, capture_output=True).stdout.decode()
            paths = [pathlib.PurePath(name) for name in listing.split("\0") if name]
            return [path for path in paths if (self.root / path).exists()]
        paths = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return [path for path in paths if not NOT_OURS & set(path.parts)]

    def problem(self, path, line, text):
        self.problems.append(f"{path}:{line}: {text}" if line else f"{path}: {text}")

    def beneath(self, folder, *suffixes):
        parts = pathlib.PurePath(folder).parts
        return [p for p in self.files if p.parts[: len(parts)] == parts and (not suffixes or p.suffix in suffixes)]

    def includes(self, path):
        for number, line in enumerate((self.root / path).read_text(errors="replace").splitlines(), 1):
            found = C_INCLUDE.match(line)
            if found:
                yield number, found.group(2)

    def check_core(self):
        own_headers = {path.name for path in self.beneath("core/src", ".h")}
        for path in self.beneath("core", ".c", ".cc", ".h"):
            in_layers = path.parts[:2] == ("core", "src")
            own = LAYER_OF.get(path.stem) if in_layers else None
            if in_layers and own is None:
                self.problem(path, 0, "is in no layer: add it to the layers of tests/layering/layering.py")
                continue
            for line, header in self.includes(path):
                if HOST_LANGUAGE.match(header):
                    self.problem(path, line, f"the core includes {header}, a header of a host language")
                if header in CORE_GUARDED and not (in_layers and path.stem in CORE_GUARDED[header]):
                    self.problem(path, line, f"only {' and '.join(sorted(CORE_GUARDED[header]))} may include {header}")
                if not in_layers and header in own_headers:
                    self.problem(path, line, f"{header} is private to core/src")
                if in_layers and header in own_headers:
                    if LAYER_OF.get(header.removesuffix(".h"), 0) > own:
                        self.problem(path, line, f"{path.stem} includes {header} of a later layer")
        for path in self.beneath("core/include", ".h"):
            for line, header in self.includes(path):
                if not (header.endswith(".h") and header[:-2] in STANDARD_C):
                    self.problem(path, line, f"the public header includes {header}, which is no standard header")

    def check_calls(self):
        """What the code of the core calls."""
        for path in self.beneath("core", ".c", ".cc", ".h"):
            code = c_code((self.root / path).read_text(errors="replace"))
            line_of = lambda found, code=code: code.count("\n", 0, found.start()) + 1
            for found in CIVETWEB_NAME.finditer(code):
                if found.group(0) not in CIVETWEB:
                    self.problem(path, line_of(found), f"{found.group(0)} is no part of civetweb that is used here")
            for found in COMPARISON.finditer(code):
                if path.name not in OWN_TOKENS and TOKEN.search(inside(code, found.end())):
                    self.problem(path, line_of(found), f"{found.group(1)} with a token: token_equal takes the same time for all")

    def check_bindings(self):
        private = {path.name for path in self.beneath("core/src", ".h")}
        for path in self.beneath("bindings", ".c", ".cc", ".cpp", ".h"):
            for line, header in self.includes(path):
                name = pathlib.PurePath(header).name
                if "core/src" in header or (name in private and not (self.root / path.parent / header).exists()):
                    self.problem(path, line, f"a binding includes {header}, which is private to core/src")
                if name in CORE_GUARDED:
                    self.problem(path, line, f"a binding includes {header}")

    def check_web(self):
        source = pathlib.PurePath("web/src")
        for path in self.beneath(source, ".ts"):
            room = path.parts[2] if len(path.parts) > 3 else "main"
            if room not in WEB_ROOMS:
                self.problem(path, 0, f"web/src/{room} is no room of the page")
                continue
            text = (self.root / path).read_text()
            for found in TS_IMPORT.finditer(text):
                line = text.count("\n", 0, found.start(1 if found.group(1) else 2)) + 1
                self.check_import(path, line, room, found.group(1) or found.group(2))
            if room == "model":
                for line, code in enumerate(without_comments(text).splitlines(), 1):
                    found = DOM.search(code)
                    if found:
                        self.problem(path, line, f"the model uses {found.group(1)}: it must not know the document")

    def check_import(self, path, line, room, target):
        if target.startswith("."):
            parts = []
            for part in (*path.parts[:-1], *pathlib.PurePath(target).parts):
                if part == "..":
                    parts.pop()
                else:
                    parts.append(part)
            if parts[:2] != ["web", "src"]:
                return
            other = parts[2] if len(parts) > 3 else "main"
            if other not in WEB_ROOMS[room]["rooms"]:
                self.problem(path, line, f"{room} imports {target} of {other}")
            return
        package = "/".join(target.split("/")[: 2 if target.startswith("@") else 1])
        allowed = WEB_ROOMS[room]["packages"]
        if allowed is not None and package not in allowed:
            self.problem(path, line, f"{room} imports the package {package}")
        if package in WEB_GUARDED and room not in WEB_GUARDED[package]:
            self.problem(path, line, f"only {' and '.join(sorted(WEB_GUARDED[package]))} may import {package}")

    def check_names(self):
        named = set()
        for path in self.files:
            for depth, part in enumerate(path.parts, 1):
                here = pathlib.PurePath(*path.parts[:depth])
                words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", part.removesuffix("".join(pathlib.PurePath(part).suffixes)))
                if here not in named and any(DRAWER.match(word) for word in re.split(r"[_\-. ]", words)):
                    named.add(here)
                    self.problem(here, 0, "a name must say what the file is for")
        for name in sorted({path.parts[0] for path in self.files} - TOP_LEVEL):
            self.problem(name, 0, "does not belong at the top level")

    def run(self):
        self.check_core()
        self.check_calls()
        self.check_bindings()
        self.check_web()
        self.check_names()
        return self.problems


def without_comments(text):
    """The text with comments blanked, line by line as before."""
    blank = lambda found: re.sub(r"[^\n]", " ", found.group(0))
    return re.sub(r"//[^\n]*", blank, re.sub(r"/\*.*?\*/", blank, text, flags=re.DOTALL))


def c_code(text):
    """C with comments and what stands in texts blanked, line by line as before."""
    blank = lambda found: re.sub(r"[^\n]", " ", found.group(0))
    return re.sub(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'|/\*.*?\*/|//[^\n]*', blank, text, flags=re.DOTALL)


def inside(code, start):
    """The code from behind an opening parenthesis to its end."""
    depth = 1
    for end in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        if depth == 0:
            return code[start:end]
    return code[start:]


# A tree that keeps the rules, and for each rule one file that breaks it with a word of the expected complaint.
SOUND = {
    "core/src/status.h": "#include <stddef.h>\n",
    "core/src/json.c": '#include "json.h"\n#include "status.h"\n',
    "core/src/json.h": '#include "charts.h"\n',
    "core/src/httpserver.h": "#include <civetweb.h>\n",
    "core/src/http.c": '#include "httpserver.h"\nvoid f(struct mg_connection *of) {\n  mg_read(of); /* not mg_handle_form_request */\n}\n',
    "core/src/gate.c": 'bool f(void) {\n  return strcmp(a, "http:// token") && token_equal(given, rules->token) && !strcmp(token.text, b);\n}\n',
    "core/src/routes.h": "",
    "core/src/routes.c": '#include "routes.h"\n#include "status.h"\n',
    "core/src/value.h": '#include "valuebody.h"\n',
    "core/src/valuebody.h": '#include "value.h"\n',
    "core/include/charts.h": "#include <stdint.h>\n",
    "bindings/lua/charts.c": '#include <charts.h>\n#include <lua.h>\n#include "series.h"\n',
    "bindings/lua/series.h": "",
    "core/src/series.h": "",
    "web/src/model/window.ts": "// document\nimport type { Range } from './range';\nexport const f = (window: Range) => window.from;\n",
    "web/src/engine/axis.ts": "import * as echarts from 'echarts/core';\nimport { f } from '../model/window';\n",
    "web/src/view/page.ts": "import TomSelect from 'tom-select';\nimport { axis } from '../engine/axis';\ndocument.title = '';\n",
    "web/src/main.ts": "import './view/page';\n",
    "README.md": "",
}
BROKEN = [
    ("core/src/json.c", '#include "routes.h"\n', "later layer"),
    ("core/src/status.h", '#include "json.h"\n', "later layer"),
    ("core/src/routes.c", "#include <civetweb.h>\n", "only httpserver may include"),
    ("core/src/routes.c", '#include "httpserver.h"\n', "only http and httpstart may include"),
    ("core/src/http.c", "int f(void) {\n  return mg_handle_form_request(a, b);\n}\n", "no part of civetweb"),
    ("core/src/gate.c", "bool f(void) {\n  return strcmp(given, rules->token) == 0;\n}\n", "token_equal"),
    ("core/src/gate.c", "bool f(void) {\n  return memcmp(text(a),\n                given, GATE_TOKEN) == 0;\n}\n", "token_equal"),
    ("core/src/routes.c", "bool f(void) {\n  return !strncasecmp(server_token(of), given, 32);\n}\n", "token_equal"),
    ("core/src/json.c", "#include <Rinternals.h>\n", "host language"),
    ("core/tool/charts.c", "#include <lauxlib.h>\n", "host language"),
    ("core/tool/charts.c", '#include "json.h"\n', "private to core/src"),
    ("core/src/strange.c", "", "in no layer"),
    ("core/include/charts.h", "#include <sys/types.h>\n", "no standard header"),
    ("bindings/r/src/charts.c", '#include "json.h"\n', "private to core/src"),
    ("bindings/r/src/charts.c", '#include "../../../core/src/series.h"\n', "private to core/src"),
    ("bindings/r/src/charts.c", "#include <civetweb.h>\n", "a binding includes"),
    ("web/src/model/a.ts", "import { axis } from '../engine/axis';\n", "model imports ../engine/axis"),
    ("web/src/model/a.ts", "export * from '../view/page';\n", "model imports ../view/page"),
    ("web/src/model/a.ts", "import * as echarts from 'echarts';\n", "may import echarts"),
    ("web/src/model/a.ts", "export const f = () => document.title;\n", "must not know the document"),
    ("web/src/model/a.ts", "export const f = () => window.location.hash;\n", "must not know the document"),
    ("web/src/engine/a.ts", "import {\n  page,\n} from '../view/page';\n", "engine imports ../view/page"),
    ("web/src/engine/a.ts", "import TomSelect from 'tom-select';\n", "engine imports the package tom-select"),
    ("web/src/view/a.ts", "const echarts = await import('echarts/core');\n", "only engine may import echarts"),
    ("web/src/main.ts", "import 'echarts';\n", "only engine may import echarts"),
    ("web/src/stuff/a.ts", "", "no room of the page"),
    ("core/src/util.c", "", "what the file is for"),
    ("web/src/view/domHelpers.ts", "", "what the file is for"),
    ("tests/common/a.py", "", "what the file is for"),
    ("scripts/a.py", "", "top level"),
    ("notes.md", "", "top level"),
]


def problems_of(tree):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, text in tree.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Check(pathlib.Path(folder)).run()


def self_test():
    failures = [f"a sound tree is refused: {problem}" for problem in problems_of(SOUND)]
    for name, text, complaint in BROKEN:
        found = problems_of({**SOUND, name: text})
        if not any(complaint in problem and problem.startswith(name.split("/")[0]) for problem in found):
            failures.append(f"{name} with {text!r} should have brought {complaint!r}, but brought {found}")
    print("\n".join(failures) or f"{len(BROKEN)} broken trees were all found")
    return bool(failures)


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    problems = Check(root).run()
    print("\n".join(problems) or "every file keeps to its layer")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
