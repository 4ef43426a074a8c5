-- The application's own backup, written from its tables: members without a value are left out.

-- Which of a user's lists a title is in. One pass, so that each list is one range of this table.
CREATE TEMP TABLE listed (userId, list, mediaId, updatedAt, PRIMARY KEY (userId, list, mediaId))
    WITHOUT ROWID;

INSERT OR IGNORE INTO listed
SELECT userId, list, mediaId, updatedAt
FROM (SELECT userMedia.userId, userMedia.mediaId, userMedia.updatedAt,
             CASE
                 WHEN userMedia.status = 'BLOCKED' THEN 'blocked'
                 WHEN userMedia.status NOT IN ('WATCHED', 'WATCHLIST') THEN NULL
                 WHEN media.mediaType = 'movie' THEN userMedia.status || ' movie'
                 WHEN media.mediaType = 'tv' THEN userMedia.status || ' tv'
             END AS list
      FROM UserMedia AS userMedia JOIN Media AS media ON media.id = userMedia.mediaId)
WHERE list IS NOT NULL;

-- An item as every list has it. Prisma stores a time as milliseconds or as ISO text.
CREATE TEMP VIEW item AS
SELECT listed.userId AS _userId, listed.list AS _list, listed.mediaId AS _mediaId,
       media.title AS title,
       media.tmdbId AS tmdb_id,
       media.mediaType AS media_type,
       nullif(media.releaseYear, '') AS release_year,
       nullif(media.posterUrl, '') AS poster_url,
       nullif(media.overview, '') AS overview,
       nullif(media.backdropUrl, '') AS backdrop_url,
       nullif(media.voteAverage, 0) AS vote_average,
       CASE typeof(listed.updatedAt)
           WHEN 'text' THEN strftime('%Y-%m-%dT%H:%M:%fZ', listed.updatedAt)
           ELSE strftime('%Y-%m-%dT%H:%M:%fZ', listed.updatedAt / 1000.0, 'unixepoch')
       END AS added_at
FROM listed JOIN Media AS media ON media.id = listed.mediaId;

-- What is in the database, for a person who is asked whether it is the right one.
-- @summary lists
SELECT username, NULL, 0 FROM User
UNION ALL
SELECT username,
       CASE list WHEN 'blocked' THEN list WHEN 'WATCHED movie' THEN 'movies'
           WHEN 'WATCHED tv' THEN 'series' ELSE 'watchlist' END,
       count(*)
FROM listed JOIN User AS user ON user.id = listed.userId GROUP BY user.id, list
UNION ALL
SELECT username, 'taste', (coalesce(movieProfile, '') <> '') + (coalesce(tvProfile, '') <> '')
FROM User;

-- @at
SELECT '2.4.1' AS version,
       strftime('%Y-%m-%dT%H:%M:%fZ', :now / 1000.0, 'unixepoch') AS exported_at;

-- @at system_config
SELECT nullif(jellyfinUrl, '') AS jellyfinUrl,
       nullif(jellyseerrUrl, '') AS jellyseerrUrl,
       nullif(jellyseerrApiKey, '') AS jellyseerrApiKey,
       nullif(geminiApiKey, '') AS geminiApiKey,
       coalesce(geminiModel, aiModel) AS geminiModel, -- the older name is for older readers
       coalesce(isConfigured, 0) AS "isConfigured:boolean",
       aiProvider,
       nullif(openrouterApiKey, '') AS openrouterApiKey,
       aiModel
FROM SystemConfig
WHERE id = 1;

-- @at users[]
SELECT id AS _id,
       username,
       nullif(movieProfile, '') AS movieProfile,
       nullif(tvProfile, '') AS tvProfile
FROM User
ORDER BY id;

-- @at users[].data.movies[]
SELECT * FROM item WHERE _userId = :_id AND _list = 'WATCHED movie' ORDER BY _mediaId;

-- @at users[].data.series[]
SELECT * FROM item WHERE _userId = :_id AND _list = 'WATCHED tv' ORDER BY _mediaId;

-- @at users[].data.watchlist.movies[]
SELECT * FROM item WHERE _userId = :_id AND _list = 'WATCHLIST movie' ORDER BY _mediaId;

-- @at users[].data.watchlist.series[]
SELECT * FROM item WHERE _userId = :_id AND _list = 'WATCHLIST tv' ORDER BY _mediaId;

-- @at users[].data.do_not_recommend[]
SELECT * FROM item WHERE _userId = :_id AND _list = 'blocked' ORDER BY _mediaId;
