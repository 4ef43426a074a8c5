-- Every shape that the application ever wrote. Rows of the copy come in the table `part`; what
-- becomes of each goes to the table `outcome`.

-- Whose titles are they? A group of users[] says it; so may the root. In the first version's
-- database.json the lists stand under the user's name.
CREATE TEMP TABLE person (part, around, username, PRIMARY KEY (part, around)) WITHOUT ROWID;

INSERT INTO person
SELECT DISTINCT owner, around, NULL FROM part WHERE owner = 0 AND place LIKE '%[]'
    AND place <> 'users[]';

INSERT OR IGNORE INTO person SELECT id, '', NULL FROM part WHERE place = 'users[]';

CREATE TEMP VIEW named AS
SELECT around, CASE WHEN around LIKE '%.data' THEN substr(around, 1, length(around) - 5)
    ELSE around END AS username
FROM person WHERE part = 0 AND around NOT IN ('', 'data');

UPDATE person
SET username = nullif(trim(CASE
        WHEN part.place = 'users[]' THEN
            CASE json_type(part.value, '$.username') WHEN 'text' THEN part.value ->> '$.username' END
        ELSE coalesce(
            CASE WHEN (SELECT count(*) FROM named) > 1 THEN
                (SELECT username FROM named WHERE named.around = person.around) END,
            :user,
            CASE json_type(part.value, '$.username') WHEN 'text' THEN part.value ->> '$.username' END,
            CASE json_type(part.value, '$."data.username"') WHEN 'text'
                THEN part.value ->> '$."data.username"' END,
            (SELECT username FROM named WHERE named.around = person.around),
            (SELECT username FROM User WHERE (SELECT count(*) FROM User) = 1))
        END), '')
FROM part
WHERE part.id = person.part;

SELECT fail('the copy does not say whose titles these are', 'give --user NAME')
FROM person JOIN part ON part.id = person.part
WHERE person.username IS NULL AND part.place <> 'users[]';

INSERT INTO outcome (part, result, why)
SELECT part, 'error', 'a user without a username'
FROM person JOIN part ON part.id = person.part
WHERE person.username IS NULL AND person.around = '';

-- An entry is a title, or an object whose members were named differently over the years. `->` keeps
-- the JSON text, which tells 603, "603" and true apart.
CREATE TEMP TABLE entry (part INTEGER PRIMARY KEY, username, status, title, tmdb, year, type,
    poster, overview, backdrop, vote, added, error);

INSERT INTO entry
SELECT read_entry.part, username,
       CASE place
           WHEN 'movies[]' THEN 'WATCHED'
           WHEN 'series[]' THEN 'WATCHED'
           WHEN 'do_not_recommend[]' THEN 'BLOCKED'
           ELSE 'WATCHLIST'
       END,
       nullif(trim(CASE
           WHEN title GLOB '"*' THEN title ->> '$'
           WHEN title GLOB '[-0-9]*' THEN title
       END), ''),
       CASE
           WHEN id GLOB '[1-9]*' AND id NOT GLOB '*[^0-9]*' AND CAST(id AS INTEGER) <= 2147483647
               THEN CAST(id AS INTEGER)
           WHEN id GLOB '[1-9]*.0' AND rtrim(id, '.0') NOT GLOB '*[^0-9]*'
               AND CAST(id AS INTEGER) <= 2147483647
               THEN CAST(id AS INTEGER)
       END,
       CASE WHEN year GLOB '[0-9][0-9][0-9][0-9]' OR year GLOB '[0-9][0-9][0-9][0-9][-.]*'
           THEN substr(year, 1, 4) END,
       CASE
           WHEN type IN ('tv', 'series', 'show', 'tvshow', 'tv_show', 'tv show') THEN 'tv'
           WHEN type IN ('movie', 'film') THEN 'movie'
           WHEN place LIKE '%series[]' THEN 'tv'
           WHEN place LIKE '%movies[]' THEN 'movie'
       END,
       CASE WHEN poster GLOB '"?*"' THEN poster ->> '$' END,
       CASE WHEN overview GLOB '"?*"' THEN overview ->> '$' END,
       CASE WHEN backdrop GLOB '"?*"' THEN backdrop ->> '$' END,
       CASE typeof(vote) WHEN 'text' THEN CASE WHEN vote GLOB '[0-9]*' THEN CAST(vote AS REAL) END
           ELSE CAST(vote AS REAL) END,
       CASE typeof(added)
           WHEN 'text' THEN CAST(round((julianday(added) - 2440587.5) * 86400000) AS INTEGER)
           WHEN 'null' THEN NULL
           ELSE CAST(CASE WHEN added < 100000000000 THEN added * 1000 ELSE added END AS INTEGER)
       END,
       CASE
           WHEN first NOT IN ('"', '{') THEN 'neither a title nor an object'
           WHEN username IS NULL THEN 'a title of a user without a username'
       END
FROM (SELECT part.id AS part, part.owner, part.around, part.place,
            substr(part.value, 1, 1) AS first,
            CASE WHEN part.value GLOB '"*' THEN part.value
                ELSE coalesce(nullif(part.value -> '$.title', 'null'),
                              nullif(part.value -> '$.name', 'null')) END AS title,
            trim(coalesce(nullif(part.value -> '$.tmdb_id', 'null'),
                          nullif(part.value -> '$.tmdbId', 'null'),
                          nullif(part.value -> '$.media_id', 'null'),
                          nullif(part.value -> '$.id', 'null')), '" ') AS id,
            trim(coalesce(nullif(part.value -> '$.release_year', 'null'),
                          nullif(part.value -> '$.year', 'null'),
                          nullif(part.value -> '$.releaseYear', 'null'),
                          nullif(part.value -> '$.releaseDate', 'null'),
                          nullif(part.value -> '$.release_date', 'null'),
                          nullif(part.value -> '$.firstAirDate', 'null')), '" ') AS year,
            lower(coalesce(part.value ->> '$.media_type', part.value ->> '$.mediaType',
                           part.value ->> '$.type')) AS type,
            coalesce(nullif(nullif(part.value -> '$.poster_url', 'null'), '""'),
                     nullif(nullif(part.value -> '$.posterUrl', 'null'), '""'),
                     part.value -> '$.poster_path') AS poster,
            part.value -> '$.overview' AS overview,
            coalesce(nullif(nullif(part.value -> '$.backdrop_url', 'null'), '""'),
                     nullif(nullif(part.value -> '$.backdropUrl', 'null'), '""'),
                     part.value -> '$.backdrop_path') AS backdrop,
            coalesce(part.value ->> '$.vote_average', part.value ->> '$.voteAverage',
                     part.value ->> '$.rating') AS vote,
            coalesce(part.value ->> '$.added_at', part.value ->> '$.addedAt') AS added
     FROM part
     WHERE part.place LIKE '%[]' AND part.place <> 'users[]'
     LIMIT -1) -- so that each of these is evaluated once, and not where it is used
    AS read_entry CROSS JOIN person ON person.part = read_entry.owner
    AND person.around = CASE WHEN read_entry.owner = 0 THEN read_entry.around ELSE '' END;

-- Prisma cannot read a row whose time has more than four digits in its year.
UPDATE entry SET added = NULL WHERE added NOT BETWEEN 0 AND 253402300799999;

UPDATE entry SET error = 'neither a title nor an id'
WHERE error IS NULL AND title IS NULL AND tmdb IS NULL;

INSERT INTO outcome (part, user, result, why)
SELECT part, username, 'error', error FROM entry WHERE error IS NOT NULL;

-- The settings of the copy, one row when it has any.
CREATE TEMP TABLE copied AS
SELECT max(CASE key WHEN 'jellyfinUrl' THEN atom END) AS jellyfinUrl,
       max(CASE key WHEN 'jellyseerrUrl' THEN atom END) AS jellyseerrUrl,
       max(CASE key WHEN 'jellyseerrApiKey' THEN atom END) AS jellyseerrApiKey,
       max(CASE key WHEN 'geminiApiKey' THEN atom END) AS geminiApiKey,
       max(CASE key WHEN 'geminiModel' THEN atom END) AS geminiModel,
       max(CASE key WHEN 'aiProvider' THEN atom END) AS aiProvider,
       max(CASE key WHEN 'openrouterApiKey' THEN atom END) AS openrouterApiKey,
       max(CASE key WHEN 'aiModel' THEN atom END) AS aiModel,
       coalesce(max(key = 'isConfigured' AND type = 'true'), 0) AS isConfigured
FROM part, json_each(CASE WHEN part.value GLOB '{*' THEN part.value ELSE '{}' END)
WHERE place = 'system_config' AND owner = 0 AND (type = 'true' OR (type = 'text' AND atom <> ''))
HAVING count(*) > 0;

-- Titles without an id are looked up with the settings that a person chose, else with the copy's,
-- else with the database's.
CREATE TEMP VIEW setting AS
SELECT coalesce((SELECT nullif(value, '') FROM chosen WHERE field = 'jellyseerrUrl'),
                copied.jellyseerrUrl, nullif(there.jellyseerrUrl, '')) AS url,
       coalesce((SELECT nullif(value, '') FROM chosen WHERE field = 'jellyseerrApiKey'),
                copied.jellyseerrApiKey, nullif(there.jellyseerrApiKey, '')) AS key
FROM (SELECT 1) LEFT JOIN copied
    LEFT JOIN (SELECT jellyseerrUrl, jellyseerrApiKey FROM SystemConfig WHERE id = 1) AS there;

-- @ask
SELECT DISTINCT title AS query, url AS jellyseerrUrl, key AS jellyseerrApiKey
FROM entry, setting
WHERE tmdb IS NULL AND title IS NOT NULL AND error IS NULL AND url IS NOT NULL AND key IS NOT NULL;

CREATE TEMP TABLE candidate AS
SELECT part, place, tmdb, type, title, year, poster, overview, backdrop, vote,
       lower(title) = lower(wanted) OR lower(original) = lower(wanted) AS same,
       instr(lower(title), lower(wanted)) OR instr(lower(wanted), lower(title)) AS near
FROM (SELECT entry.part, entry.title AS wanted, entry.type AS wanted_type,
             entry.year AS wanted_year, found.key AS place,
             CASE found.value -> '$.mediaType' WHEN '"movie"' THEN 'movie' WHEN '"tv"' THEN 'tv' END
                 AS type,
             CASE json_type(found.value, '$.id') WHEN 'integer' THEN found.value ->> '$.id' END
                 AS tmdb,
             coalesce(found.value ->> '$.title', found.value ->> '$.name') AS title,
             coalesce(found.value ->> '$.originalTitle', found.value ->> '$.originalName', '')
                 AS original,
             substr(coalesce(found.value ->> '$.releaseDate', found.value ->> '$.firstAirDate'),
                 1, 4) AS year,
             '/imageproxy/tmdb/t/p/w300_and_h450_face' || (found.value ->> '$.posterPath') AS poster,
             found.value ->> '$.overview' AS overview,
             '/imageproxy/tmdb/t/p/w1280_and_h720_multi_faces' || (found.value ->> '$.backdropPath')
                 AS backdrop,
             found.value ->> '$.voteAverage' AS vote
      FROM entry JOIN answer ON answer.query = entry.title
          JOIN (SELECT answer.query, item.key,
                       CASE item.type WHEN 'object' THEN item.value ELSE '{}' END AS value
                FROM answer, json_each(answer.value,
                    CASE json_type(answer.value) WHEN 'array' THEN '$' ELSE '$.results' END) AS item)
              AS found ON found.query = answer.query
      WHERE entry.tmdb IS NULL AND entry.error IS NULL)
WHERE type IS NOT NULL AND tmdb BETWEEN 1 AND 2147483647 AND title <> ''
    AND (wanted_type IS NULL OR wanted_type = type)
    AND (wanted_year IS NULL OR wanted_year = year);

-- The first of the same title, or the only one that is near.
DELETE FROM candidate AS other
WHERE NOT same AND (NOT near OR EXISTS (SELECT 1 FROM candidate AS rival
    WHERE rival.part = other.part AND rival.place <> other.place AND (rival.same OR rival.near)));

DELETE FROM candidate AS other
WHERE EXISTS (SELECT 1 FROM candidate AS better
    WHERE better.part = other.part AND better.place < other.place);

UPDATE entry
SET tmdb = candidate.tmdb,
    type = candidate.type,
    year = coalesce(entry.year, nullif(candidate.year, '')),
    poster = coalesce(entry.poster, (SELECT rtrim(trim(url), '/') FROM setting) || candidate.poster),
    overview = coalesce(entry.overview, nullif(candidate.overview, '')),
    backdrop = coalesce(entry.backdrop, (SELECT rtrim(trim(url), '/') FROM setting) || candidate.backdrop),
    vote = coalesce(entry.vote, candidate.vote)
FROM candidate
WHERE candidate.part = entry.part;

-- What is in the copy, for a person who is asked whether it is the right one.
-- @summary about
SELECT value ->> '$.version', value ->> '$.exported_at' FROM part WHERE id = 0;

-- @summary lists
SELECT username, NULL, 0 FROM person WHERE username IS NOT NULL
UNION ALL
SELECT * FROM (SELECT username,
           CASE WHEN status = 'BLOCKED' THEN 'blocked' WHEN status = 'WATCHLIST' THEN 'watchlist'
               WHEN type = 'tv' THEN 'series' ELSE 'movies' END AS list,
           count(*)
    FROM entry WHERE error IS NULL GROUP BY username, list)
UNION ALL
SELECT username, 'taste',
       (json_type(value, '$.movieProfile') IS 'text' AND value ->> '$.movieProfile' <> '')
           + (json_type(value, '$.tvProfile') IS 'text' AND value ->> '$.tvProfile' <> '')
FROM person JOIN part ON part.id = person.part
WHERE place = 'users[]' AND username IS NOT NULL;

-- @summary settings
SELECT key, CASE type WHEN 'text' THEN atom ELSE type END
FROM part, json_each(CASE WHEN part.value GLOB '{*' THEN part.value ELSE '{}' END)
WHERE place = 'system_config' AND owner = 0 AND type IN ('true', 'false', 'text');

-- @summary missing
SELECT 'settings', 'Settings' WHERE NOT EXISTS (SELECT 1 FROM copied)
UNION ALL
SELECT 'taste', 'Taste profiles' WHERE NOT EXISTS (SELECT 1 FROM part WHERE place = 'users[]')
UNION ALL
SELECT 'blocked', 'Blocked titles' WHERE NOT EXISTS (SELECT 1 FROM part WHERE place = 'users[]')
    AND NOT EXISTS (SELECT 1 FROM part WHERE place = 'do_not_recommend[]');

-- What is written from here on is written in one transaction, or not at all.
-- @write
CREATE TEMP TABLE missing AS SELECT part, title, type, year FROM entry
WHERE tmdb IS NULL AND error IS NULL;

-- Else a title is the one that the database or the copy knows, if only one fits.
CREATE TEMP TABLE known (title COLLATE NOCASE, type, year, tmdb, PRIMARY KEY (title, tmdb))
    WITHOUT ROWID;

INSERT OR IGNORE INTO known
SELECT title, mediaType, releaseYear, tmdbId FROM Media
WHERE title IN (SELECT title COLLATE NOCASE FROM missing) COLLATE NOCASE;

INSERT OR IGNORE INTO known
SELECT title, coalesce(type, 'movie'), year, tmdb FROM entry
WHERE tmdb IS NOT NULL AND title IS NOT NULL AND EXISTS (SELECT 1 FROM missing);

UPDATE entry
SET tmdb = fitting.tmdb
FROM (SELECT missing.part, min(known.tmdb) AS tmdb
      FROM missing JOIN known ON known.title = missing.title
          AND (missing.type IS NULL OR known.type = missing.type)
          AND (missing.year IS NULL OR known.year = missing.year)
      GROUP BY missing.part
      HAVING count(*) = 1) AS fitting
WHERE fitting.part = entry.part;

-- How this database stores times: as milliseconds, or as text.
CREATE TEMP TABLE clock (is_text, now);

INSERT INTO clock
SELECT is_text,
       CASE WHEN is_text THEN strftime('%Y-%m-%dT%H:%M:%f+00:00', :now / 1000.0, 'unixepoch')
           ELSE :now END
FROM (SELECT coalesce((SELECT typeof(updatedAt) FROM UserMedia ORDER BY id DESC LIMIT 1),
                      (SELECT typeof(createdAt) FROM User ORDER BY id DESC LIMIT 1), '') = 'text'
          AS is_text);

INSERT INTO main.User (username, createdAt)
SELECT username, now FROM person, clock WHERE username IS NOT NULL
ORDER BY part
ON CONFLICT (username) DO NOTHING;

-- @when User.movieProfile User.tvProfile
UPDATE main.User
SET movieProfile = coalesce(nullif(movieProfile, ''),
        CASE json_type(part.value, '$.movieProfile') WHEN 'text' THEN part.value ->> '$.movieProfile' END),
    tvProfile = coalesce(nullif(tvProfile, ''),
        CASE json_type(part.value, '$.tvProfile') WHEN 'text' THEN part.value ->> '$.tvProfile' END)
FROM person JOIN part ON part.id = person.part
WHERE person.username = main.User.username AND part.place = 'users[]';

-- What is there stays; what is empty is filled.
-- @when Media.overview Media.backdropUrl Media.voteAverage
INSERT INTO main.Media (tmdbId, title, mediaType, releaseYear, posterUrl, overview, backdropUrl,
    voteAverage)
SELECT tmdb, title, coalesce(type, 'movie'), year, poster, overview, backdrop, vote
FROM entry
WHERE tmdb IS NOT NULL AND title IS NOT NULL AND error IS NULL
ORDER BY part
ON CONFLICT (tmdbId) DO UPDATE
SET releaseYear = coalesce(nullif(releaseYear, ''), excluded.releaseYear),
    posterUrl = coalesce(nullif(posterUrl, ''), excluded.posterUrl),
    overview = coalesce(nullif(overview, ''), excluded.overview),
    backdropUrl = coalesce(nullif(backdropUrl, ''), excluded.backdropUrl),
    voteAverage = coalesce(nullif(voteAverage, 0), excluded.voteAverage);

-- @when not Media.overview Media.backdropUrl Media.voteAverage
INSERT INTO main.Media (tmdbId, title, mediaType, releaseYear, posterUrl)
SELECT tmdb, title, coalesce(type, 'movie'), year, poster
FROM entry
WHERE tmdb IS NOT NULL AND title IS NOT NULL AND error IS NULL
ORDER BY part
ON CONFLICT (tmdbId) DO UPDATE
SET releaseYear = coalesce(nullif(releaseYear, ''), excluded.releaseYear),
    posterUrl = coalesce(nullif(posterUrl, ''), excluded.posterUrl);

-- The first entry of a user for a title counts.
CREATE TEMP TABLE pair (userId, mediaId, part, PRIMARY KEY (userId, mediaId)) WITHOUT ROWID;

INSERT OR IGNORE INTO pair
SELECT user.id, media.id, entry.part
FROM entry JOIN main.User AS user ON user.username = entry.username
    JOIN main.Media AS media ON media.tmdbId = entry.tmdb
WHERE entry.error IS NULL
ORDER BY entry.part;

INSERT INTO outcome (part, user, result)
SELECT pair.part, user.username, 'skipped'
FROM pair JOIN main.UserMedia AS there
    ON there.userId = pair.userId AND there.mediaId = pair.mediaId
    JOIN main.User AS user ON user.id = pair.userId;

DELETE FROM pair WHERE part IN (SELECT part FROM outcome);

INSERT INTO main.UserMedia (userId, mediaId, status, updatedAt)
SELECT pair.userId, pair.mediaId, entry.status,
       CASE
           WHEN entry.added IS NULL THEN now
           WHEN is_text THEN strftime('%Y-%m-%dT%H:%M:%f+00:00', entry.added / 1000.0, 'unixepoch')
           ELSE entry.added
       END
FROM pair JOIN entry ON entry.part = pair.part, clock
ORDER BY pair.part;

INSERT INTO outcome (part, user, result)
SELECT pair.part, entry.username, 'imported' FROM pair JOIN entry ON entry.part = pair.part;

INSERT OR IGNORE INTO outcome (part, user, result, why)
SELECT part, username,
       CASE WHEN media.id IS NULL THEN 'unresolved' ELSE 'skipped' END,
       CASE
           WHEN entry.tmdb IS NULL THEN 'no id was found for this title'
           WHEN media.id IS NULL THEN 'an id without a title'
       END
FROM entry LEFT JOIN main.Media AS media ON media.tmdbId = entry.tmdb;

-- Settings that are there stay, unless the application was never set up.
-- @when SystemConfig.isConfigured
INSERT INTO main.SystemConfig (id, isConfigured) SELECT 1, 0 FROM copied WHERE true LIMIT 1
ON CONFLICT (id) DO NOTHING;

-- @when SystemConfig.geminiModel
UPDATE main.SystemConfig SET geminiModel = coalesce(copied.geminiModel, copied.aiModel, main.SystemConfig.geminiModel)
FROM copied WHERE id = 1 AND NOT main.SystemConfig.isConfigured;

-- @when SystemConfig.aiModel SystemConfig.aiProvider SystemConfig.openrouterApiKey
UPDATE main.SystemConfig
SET aiModel = CASE WHEN main.SystemConfig.isConfigured THEN main.SystemConfig.aiModel
        ELSE coalesce(copied.aiModel, copied.geminiModel, main.SystemConfig.aiModel) END,
    aiProvider = CASE WHEN main.SystemConfig.isConfigured THEN main.SystemConfig.aiProvider
        ELSE coalesce(copied.aiProvider, main.SystemConfig.aiProvider) END,
    openrouterApiKey = coalesce(nullif(main.SystemConfig.openrouterApiKey, ''),
        copied.openrouterApiKey)
FROM copied WHERE id = 1;

-- @when SystemConfig.isConfigured
UPDATE main.SystemConfig
SET jellyfinUrl = coalesce(nullif(main.SystemConfig.jellyfinUrl, ''), copied.jellyfinUrl),
    jellyseerrUrl = coalesce(nullif(main.SystemConfig.jellyseerrUrl, ''), copied.jellyseerrUrl),
    jellyseerrApiKey = coalesce(nullif(main.SystemConfig.jellyseerrApiKey, ''),
        copied.jellyseerrApiKey),
    geminiApiKey = coalesce(nullif(main.SystemConfig.geminiApiKey, ''), copied.geminiApiKey),
    isConfigured = max(main.SystemConfig.isConfigured, copied.isConfigured)
FROM copied WHERE id = 1;

-- What could not be placed goes to a file that can be imported again.
-- @at users[]
SELECT DISTINCT user AS username, user AS _user FROM outcome WHERE result = 'unresolved'
ORDER BY user;

-- @at users[].data.movies[]
SELECT value AS ":json" FROM part JOIN outcome ON outcome.part = part.id
WHERE place = 'movies[]' AND user = :_user AND result = 'unresolved' ORDER BY id;

-- @at users[].data.series[]
SELECT value AS ":json" FROM part JOIN outcome ON outcome.part = part.id
WHERE place = 'series[]' AND user = :_user AND result = 'unresolved' ORDER BY id;

-- @at users[].data.watchlist.movies[]
SELECT value AS ":json" FROM part JOIN outcome ON outcome.part = part.id
WHERE place = 'watchlist.movies[]' AND user = :_user AND result = 'unresolved' ORDER BY id;

-- @at users[].data.watchlist.series[]
SELECT value AS ":json" FROM part JOIN outcome ON outcome.part = part.id
WHERE place = 'watchlist.series[]' AND user = :_user AND result = 'unresolved' ORDER BY id;

-- @at users[].data.items[]
SELECT value AS ":json" FROM part JOIN outcome ON outcome.part = part.id
WHERE place IN ('items[]', 'watchlist[]') AND user = :_user AND result = 'unresolved' ORDER BY id;

-- @at users[].data.do_not_recommend[]
SELECT value AS ":json" FROM part JOIN outcome ON outcome.part = part.id
WHERE place = 'do_not_recommend[]' AND user = :_user AND result = 'unresolved' ORDER BY id;
