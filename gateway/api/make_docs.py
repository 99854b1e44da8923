"""Makes docs/api.md from openapi.json and asyncapi.json.

Usage: make_docs.py [--check]. With --check nothing is written; exits 1 when docs/api.md is not what
would be written."""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'docs', 'api.md')


def read(name):
    with open(os.path.join(HERE, name), encoding='utf-8') as file:
        return json.load(file)


def short(reference):
    return reference.rsplit('/', 1)[1]


def type_of(schema):
    """A schema in a few words; named ones are links."""
    if '$ref' in schema:
        name = short(schema['$ref'])
        return f'[{name}](#{name.lower()})'
    if 'const' in schema:
        return f'`{json.dumps(schema["const"])}`'
    if 'enum' in schema:
        return ' or '.join(f'`{value}`' for value in schema['enum'])
    kind = schema.get('type', 'anything')
    if kind == 'array':
        if 'prefixItems' in schema:
            return '[' + ', '.join(type_of(item) for item in schema['prefixItems']) + ']'
        return 'list of ' + type_of(schema['items'])
    if kind == 'object' and schema.get('properties'):
        return '{' + ', '.join(f'`{name}`: {type_of(part)}'
                               for name, part in schema['properties'].items()) + '}'
    return ' or '.join(kind) if isinstance(kind, list) else kind


def fields_table(schema):
    required = schema.get('required', [])
    lines = ['| field | type | |', '| --- | --- | --- |']
    for name, part in schema['properties'].items():
        note = part.get('description', '')
        if name not in required:
            note = ('Optional. ' + note).strip()
        lines.append(f'| `{name}` | {type_of(part)} | {note} |')
    return lines


def schema_section(name, schema):
    lines = [f'### {name}', '']
    if 'description' in schema:
        lines += [schema['description'], '']
    if schema.get('properties'):
        return lines + fields_table(schema) + ['']
    lines.append(type_of(schema) + (f', pattern `{schema["pattern"]}`.' if 'pattern' in schema
                                    else '.'))
    return lines + ['']


def operation_section(method, path, operation):
    lines = [f'### {method.upper()} {path}', '', f'{operation["summary"]}. '
             + operation.get('description', ''), '']
    if operation.get('security'):
        lines += ['Needs `Authorization: Bearer` with an access token.', '']
    if operation.get('parameters'):
        lines += ['| parameter | type | |', '| --- | --- | --- |']
        for parameter in operation['parameters']:
            note = parameter.get('description', '')
            default = parameter['schema'].get('default')
            if not parameter['required']:
                note = (f'Optional{"" if default is None else f" ({default})"}. ' + note).strip()
            lines.append(f'| `{parameter["name"]}` | {type_of(parameter["schema"])} | {note} |')
        lines.append('')
    if 'requestBody' in operation:
        body = operation['requestBody']['content']['application/json']['schema']
        lines += [f'Body: {type_of(body)}', '']
    errors = []
    for status, response in operation['responses'].items():
        if status >= '400':
            errors.append(status)
            continue
        content = response.get('content', {})
        kinds = ', '.join(f'{type_of(part["schema"])}'
                          f'{"" if kind == "application/json" else f" ({kind})"}'
                          for kind, part in content.items())
        lines += [f'Answer {status}: {kinds or "nothing"}', '']
    return lines + ['Errors: ' + ', '.join(errors), '']


def http_part(document):
    lines = ['## HTTP', '', document['info']['description'], '', '| status | means |',
             '| --- | --- |']
    meanings = {}
    for methods in document['paths'].values():
        for operation in methods.values():
            for status, response in operation['responses'].items():
                if status >= '400':
                    meanings[status] = response['description']
    lines += [f'| {status} | {meanings[status]} |' for status in sorted(meanings)] + ['']
    for tag in document['tags']:
        lines += [f'## {tag["name"]}', '', tag['description'], '']
        for path, methods in document['paths'].items():
            for method, operation in methods.items():
                if operation['tags'] == [tag['name']]:
                    lines += operation_section(method, path, operation)
    return lines


def payload(document, reference):
    return document['components']['messages'][short(reference)]['payload']


def socket_part(document):
    lines = ['## WebSocket', '', document['info']['description'], '', '### Requests', '',
             '| method | params | result | |', '| --- | --- | --- | --- |']
    channels = []
    for name, operation in document['operations'].items():
        if operation['action'] == 'receive':
            channels.append(document['channels'][short(operation['channel']['$ref'])])
            continue
        request = payload(document, operation['messages'][0]['$ref'])['properties']['params']
        reply = payload(document, operation['reply']['messages'][0]['$ref'])['properties']['result']
        note = operation['title'] + '. ' + operation.get('description', '')
        lines.append(f'| `{name}` | {type_of(request)} | {type_of(reply)} | {note.strip()} |')
    lines += ['', '### Channels', '']
    for channel in channels:
        lines += [f'#### {channel["address"]}', '', channel['description'], '']
        for name, parameter in channel.get('parameters', {}).items():
            words = parameter.get('description') or ', '.join(parameter['enum'])
            lines.append(f'- `{name}`: {words}')
        if channel.get('parameters'):
            lines.append('')
        (message,) = channel['messages']
        data = document['components']['messages'][message]['payload']['properties']['data']
        lines += fields_table(data) + ['']
    return lines


def make():
    rest, sockets = read('openapi.json'), read('asyncapi.json')
    lines = ['# The API of saker-gateway', '',
             'Made by `gateway/api/make_docs.py` from `gateway/api/openapi.json` (OpenAPI 3.1) and',
             '`gateway/api/asyncapi.json` (AsyncAPI 3), which the tests hold against the running '
             'gateway.', '']
    lines += http_part(rest) + socket_part(sockets) + ['## Objects', '']
    for name, schema in rest['components']['schemas'].items():
        lines += schema_section(name, schema)
    return '\n'.join(line.rstrip() for line in lines).rstrip() + '\n'


def main(arguments):
    text = make()
    if arguments != ['--check']:
        with open(TARGET, 'w', encoding='utf-8') as file:
            file.write(text)
        return 0
    with open(TARGET, encoding='utf-8') as file:
        current = file.read() == text
    if not current:
        print('docs/api.md is not current: run gateway/api/make_docs.py')
    return 0 if current else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
