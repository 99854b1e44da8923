"""Checks values against JSON Schema (2020-12), as far as our documents use it. A keyword that is
not known here is an error, so that nothing passes unchecked."""

import re

TYPES = {'object': dict, 'array': list, 'string': str, 'null': type(None)}
IGNORED = {'description', 'examples', 'title', 'default'}


def type_fits(value, name):
    if name == 'integer':
        return isinstance(value, int) and not isinstance(value, bool)
    if name == 'boolean':
        return isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Checker:
    """`document` is where "#/…" references lead."""

    def __init__(self, document):
        self.document = document

    def resolve(self, reference):
        if not reference.startswith('#/'):
            raise ValueError(f'reference outside the document: {reference}')
        node = self.document
        for part in reference[2:].split('/'):
            node = node[part.replace('~1', '/').replace('~0', '~')]
        return node

    def errors(self, value, schema, place='$'):
        """Texts that say where the value breaks the schema; none when it fits."""
        found = []
        for keyword, argument in schema.items():
            if keyword in IGNORED:
                continue
            check = getattr(self, '_check_' + keyword.lstrip('$'), None)
            if check is None:
                raise ValueError(f'unknown keyword {keyword} at {place}')
            found += check(value, argument, schema, place)
        return found

    def _check_ref(self, value, argument, _, place):
        return self.errors(value, self.resolve(argument), place)

    def _check_type(self, value, argument, _, place):
        names = argument if isinstance(argument, list) else [argument]
        if any(type_fits(value, name) for name in names):
            return []
        return [f'{place}: {value!r} is not of type {argument}']

    def _check_const(self, value, argument, _, place):
        same = value == argument and isinstance(value, bool) == isinstance(argument, bool)
        return [] if same else [f'{place}: {value!r} is not {argument!r}']

    def _check_enum(self, value, argument, _, place):
        return [] if value in argument else [f'{place}: {value!r} is none of {argument}']

    def _check_pattern(self, value, argument, _, place):
        if not isinstance(value, str) or re.search(argument, value):
            return []
        return [f'{place}: {value!r} does not match {argument}']

    def _check_maxLength(self, value, argument, _, place):
        long = isinstance(value, str) and len(value) > argument
        return [f'{place}: longer than {argument}'] if long else []

    def _check_minimum(self, value, argument, _, place):
        low = type_fits(value, 'integer') and value < argument
        return [f'{place}: {value} is below {argument}'] if low else []

    def _check_maximum(self, value, argument, _, place):
        high = type_fits(value, 'integer') and value > argument
        return [f'{place}: {value} is above {argument}'] if high else []

    def _check_minItems(self, value, argument, _, place):
        short = isinstance(value, list) and len(value) < argument
        return [f'{place}: fewer than {argument} items'] if short else []

    def _check_maxItems(self, value, argument, _, place):
        long = isinstance(value, list) and len(value) > argument
        return [f'{place}: more than {argument} items'] if long else []

    def _check_prefixItems(self, value, argument, _, place):
        found = []
        if isinstance(value, list):
            for i, (item, schema) in enumerate(zip(value, argument)):
                found += self.errors(item, schema, f'{place}[{i}]')
        return found

    def _check_items(self, value, argument, _, place):
        found = []
        if isinstance(value, list):
            for i, item in enumerate(value):
                found += self.errors(item, argument, f'{place}[{i}]')
        return found

    def _check_required(self, value, argument, _, place):
        if not isinstance(value, dict):
            return []
        return [f'{place}: {name} is missing' for name in argument if name not in value]

    def _check_properties(self, value, argument, _, place):
        found = []
        if isinstance(value, dict):
            for name, schema in argument.items():
                if name in value:
                    found += self.errors(value[name], schema, f'{place}.{name}')
        return found

    def _check_additionalProperties(self, value, argument, schema, place):
        if not isinstance(value, dict) or argument is not False:
            return []
        known = schema.get('properties', {})
        return [f'{place}: {name} is not in the document' for name in value if name not in known]


class OpenApi(Checker):
    """Operations by name, and whether an answer is one that the document allows."""

    def __init__(self, document):
        super().__init__(document)
        self.operations = {}
        for path, methods in document['paths'].items():
            for method, operation in methods.items():
                self.operations[operation['operationId']] = (method.upper(), path, operation)

    def answer_errors(self, name, reply):
        _, _, operation = self.operations[name]
        response = operation['responses'].get(str(reply.status))
        if response is None:
            return [f'{name}: status {reply.status} is not in the document']
        if 'content' not in response:
            return [f'{name}: a body where there should be none'] if reply.text else []
        sent = reply.headers.get('content-type', '').split(';')[0]
        if sent not in response['content']:
            return [f'{name}: content type {sent!r}']
        schema = response['content'][sent]['schema']
        value = reply.json() if sent == 'application/json' else reply.text
        return [f'{name} {reply.status}: {error}' for error in self.errors(value, schema)]


class AsyncApi(Checker):
    """Messages of the WebSocket."""

    def push_errors(self, channel, data):
        kind = channel.split('.')[0]
        if kind not in self.document['channels']:
            return [f'channel {channel} is not in the document']
        (message,) = self.document['channels'][kind]['messages'].values()
        payload = self.resolve(message['$ref'])['payload']
        return [f'{channel}: {e}' for e in self.errors({'channel': channel, 'data': data}, payload)]

    def _payload(self, reference):
        return self.resolve(self.resolve(reference['$ref'])['$ref'])['payload']

    def request_errors(self, message):
        operation = self.document['operations'][message['method']]
        return self.errors(message, self._payload(operation['messages'][0]))

    def reply_errors(self, method, message):
        reply, error = self.document['operations'][method]['reply']['messages']
        payload = self._payload(error if 'error' in message else reply)
        return [f'{method}: {e}' for e in self.errors(message, payload)]
