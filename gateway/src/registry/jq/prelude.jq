# What filters may call, beside the functions written in Rust (natives.rs, text.rs).
# A name that is neither here nor there does not exist. Names that begin with __ are for this file alone.
# Nothing here recurses except over the nesting of a value, which is bounded.

# Constants and errors
def null: [][0];
def true: 0 == 0;
def false: 0 != 0;
def empty: {}[] as $x | .;
def error: __error as $x | .;
def error(message): (message | __error) as $x | .;
def not: if . then false else true end;

# Selection
def select(f): if f then . else empty end;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type == "array" or type == "object");
def scalars: select(type != "array" and type != "object");
def recurse: ..;
def isempty(g): first((g | false), true);
def all(g; condition): isempty(g | condition and empty);
def any(g; condition): isempty(g | condition or empty) | not;
def all(condition): all(.[]; condition);
def any(condition): any(.[]; condition);
def all: all(.[]; .);
def any: any(.[]; .);

# Conversion
def tostring: "\(.)";
def tonumber:
  if type == "number" then .
  else fromjson | if type == "number" then . else error("cannot parse as number") end end;
def toboolean:
  if type == "boolean" then .
  else fromjson | if type == "boolean" then . else error("cannot parse as boolean") end end;
def abs: if . < 0 then -. else . end;

# Sums
def add(f): __sum(f);
def add: __sum(.[]);
def join($separator): __join($separator);

# Arrays
def map(f): [.[] | f];
def first: .[0];
def last: .[-1];
def nth($n): .[$n];
def sort_by(f): __sort_by(f | __copied);
def group_by(f): __group_by(f | __copied);
def unique_by(f): [group_by(f)[] | .[0]];
def unique: unique_by(.);
def min_by(f): first(__min_by(f | __copied), null);
def max_by(f): first(__max_by(f | __copied), null);
def min: min_by(.);
def max: max_by(.);
def flatten: [.[] | if type == "array" then flatten[] else . end];
def flatten($depth):
  if $depth < 0 then error("flatten depth must not be negative")
  else [.[] | if type == "array" and $depth > 0 then flatten($depth - 1)[] else . end] end;
def transpose: . as $rows | [max_by(length) // [] | keys_unsorted[] as $i | [$rows[][$i]]];

# Objects
def keys: keys_unsorted | sort;
def has($key): ($key | __key) as $key | __has($key);
def in(object): . as $key | object | has($key);
def contains($part): __contains($part);
def inside(whole): . as $part | whole | __contains($part);
def to_entries: [__key_values[] as [$key, $value] | {$key, $value}];
def __entry_key:
  (if .key == null then .k // .name // .Name // .K // .Key else .key end)
  | if type == "string" then . else tojson end;
def __entry_value: if has("value") then .value elif has("v") then .v else .Value end;
def from_entries: __sum({}, (.[] | {(__entry_key): __entry_value}));
def with_entries(f): to_entries | map(f) | from_entries;

# Paths and updates
def getpath($path): reduce $path[] as $key (.; .[$key]);
def setpath($path; $value): getpath($path) = $value;
def delpaths($paths): reduce ($paths | sort | reverse)[] as $path (.; getpath($path) |= empty);
def del(f): delpaths([path(f)]);
def paths: path(..) | select(. != []);
def paths(f): __path_value(..) | select(.[0] != []) | if .[1] | f then .[0] else empty end;
def leaf_paths: paths(scalars);
def map_values(f): .[] |= f;
def walk(f): .. |= f;
def pick(f):
  reduce __path_value(f) as [$path, $value] ({};
    . * reduce ($path | reverse[]) as $key ($value;
      if $key | type == "string" then {($key): .} else error("pick takes keys of objects alone") end));

# Text
def split($separator):
  if type == "string" and ($separator | type == "string") then . / $separator
  else error("split input and separator must be strings") end;
def explode: __spread | __explode;

# Regular expressions
def test($re; $flags): __test($re; $flags);
def match($re; $flags): __pieces($re; $flags)[] | objects;
def __captured: __sum({}, (.captures[] | select(.name != null) | {(.name): .string}));
def capture($re; $flags): match($re; $flags) | __captured;
def scan($re; $flags):
  match($re; "g" + $flags) | if .captures == [] then .string else [.captures[].string] end;
def split($re; $flags): [__pieces($re; "g" + $flags)[] | strings];
def splits($re; $flags): __pieces($re; "g" + $flags)[] | strings;
def sub($re; f; $flags): __sum("", (__pieces($re; $flags)[] | if type == "string" then . else __captured | f end));
def gsub($re; f; $flags): sub($re; f; "g" + $flags);
def test($re): test($re; "");
def match($re): match($re; "");
def capture($re): capture($re; "");
def scan($re): scan($re; "");
def splits($re): splits($re; "");
def sub($re; f): sub($re; f; "");
def gsub($re; f): sub($re; f; "g");

# Formatting
def @text: tostring;
def @json: tojson;
def @html:
  tostring | __replace("&"; "&amp;") | __replace("<"; "&lt;") | __replace(">"; "&gt;")
  | __replace("'"; "&#39;") | __replace("\""; "&quot;");
def @uri: tostring | __encode_uri;
def @base64: tostring | __encode_base64;
def @base64d: tostring | __decode_base64;
def __cell(quote):
  if type == "string" then quote
  elif . == null then ""
  elif type == "array" or type == "object" then error("an array or object cannot be a cell of a row")
  else tojson end;
def @csv: [.[] | __cell("\"" + __replace("\""; "\"\"") + "\"")] | __join(",");
def @tsv:
  [.[] | __cell(__replace("\\"; "\\\\") | __replace("\t"; "\\t") | __replace("\n"; "\\n") | __replace("\r"; "\\r"))]
  | __join("\t");
def @sh:
  [if type == "array" then .[] else . end | __cell("'" + __replace("'"; "'\\''") + "'")] | __join(" ");
