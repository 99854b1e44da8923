"""A C++ scanner that is good enough for the tidy rules: it blanks comments and literals and
finds where functions begin and end by matching braces."""

import re

TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?<![0-9A-Fa-f])'(?:[^'\\\n]|\\.)*'",
    re.DOTALL)
PREPROCESSOR = re.compile(r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.MULTILINE)
CONTAINER = re.compile(r'\b(namespace|class|struct|union|enum|extern)\b')
INIT_LIST = re.compile(r'\)[^()]*[^:]:(?!:)')


def _spaces(match):
    return re.sub(r'[^\n]', ' ', match.group(0))


def blank_comments_and_literals(text):
    """The same text, same line numbers, with comments, strings and characters blanked."""
    return TOKEN.sub(_spaces, text)


def _opens_function(head):
    """Whether `head`, the text between the last ; { } and a {, begins a function's body."""
    before = head.rstrip()
    if '(' not in head or before.endswith('='):
        return False
    if CONTAINER.search(head.split('(', 1)[0]) and 'operator' not in head:
        # `struct X f() {` is rare; `class alignas(64) X {` is not.
        return before.endswith(')') and 'alignas' not in head.split(')', 1)[0]
    if INIT_LIST.search(head):
        # In a constructor's initialiser list `name{...}` is a member, `) {` or `} {` the body.
        return before[-1] in ')}'
    return True


def functions(text):
    """Yields (first_line, last_line, name) of every function body outside another function."""
    code = PREPROCESSOR.sub(_spaces, blank_comments_and_literals(text))
    depth_of_function = None
    depth = 0
    member_initialisers = []
    head_start = 0
    start = 0
    name = ''
    for match in re.finditer(r'[;{}]', code):
        char, position = match.group(0), match.start()
        if char == '{':
            head = code[head_start:position]
            depth += 1
            if depth_of_function is None:
                if _opens_function(head):
                    depth_of_function = depth
                    start = code.count('\n', 0, position) + 1
                    name = _name(head)
                elif INIT_LIST.search(head) and '(' in head:
                    member_initialisers.append(depth)
                    continue
        elif char == '}':
            if depth == depth_of_function:
                depth_of_function = None
                yield start, code.count('\n', 0, position) + 1, name
            depth -= 1
            if member_initialisers and member_initialisers[-1] == depth + 1:
                member_initialisers.pop()
                continue
        if not member_initialisers:
            head_start = position + 1


def _name(head):
    found = re.search(r'([\w:~]+|operator[^\w\s]+)\s*\(', head)
    return found.group(1) if found else '?'
