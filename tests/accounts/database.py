"""SQL through libpq, which psql brings along: a psql for each question takes far longer."""

import ctypes

libpq = ctypes.CDLL('libpq.so.5')
for name, result, arguments in (
        ('PQconnectdb', ctypes.c_void_p, [ctypes.c_char_p]),
        ('PQstatus', ctypes.c_int, [ctypes.c_void_p]),
        ('PQerrorMessage', ctypes.c_char_p, [ctypes.c_void_p]),
        ('PQfinish', None, [ctypes.c_void_p]),
        ('PQexec', ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
        ('PQresultStatus', ctypes.c_int, [ctypes.c_void_p]),
        ('PQresultErrorMessage', ctypes.c_char_p, [ctypes.c_void_p]),
        ('PQntuples', ctypes.c_int, [ctypes.c_void_p]),
        ('PQnfields', ctypes.c_int, [ctypes.c_void_p]),
        ('PQgetvalue', ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ('PQclear', None, [ctypes.c_void_p])):
    getattr(libpq, name).restype = result
    getattr(libpq, name).argtypes = arguments
CONNECTION_OK, COMMAND_OK, TUPLES_OK = 0, 1, 2


class DatabaseError(Exception):
    """What the server or libpq said."""


def ask(conninfo, text):
    """The rows of the statement, each a list of texts (NULL is empty), over a fresh connection."""
    connection = libpq.PQconnectdb(conninfo.encode())
    try:
        if libpq.PQstatus(connection) != CONNECTION_OK:
            raise DatabaseError(libpq.PQerrorMessage(connection).decode())
        result = libpq.PQexec(connection, text.encode())
        try:
            if libpq.PQresultStatus(result) not in (COMMAND_OK, TUPLES_OK):
                raise DatabaseError(libpq.PQresultErrorMessage(result).decode())
            return [[libpq.PQgetvalue(result, row, field).decode()
                     for field in range(libpq.PQnfields(result))]
                    for row in range(libpq.PQntuples(result))]
        finally:
            libpq.PQclear(result)
    finally:
        libpq.PQfinish(connection)
