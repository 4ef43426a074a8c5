#include "history/plan_walk.h"

#include <inttypes.h>

struct walk {
    const struct hf_database *database;
    const struct hf_plan_visitor *visitor;
    struct hf_state state;
    uint32_t base_pages; /* of the state that the plan begins at */
    struct hf_bitmap covered;
    uint32_t limit;     /* images of pages above it are dead */
    uint64_t remaining; /* pages without an image yet */
    uint64_t terms;
    uint64_t expected_before; /* the state that the next older segment must end in */
    bool expects;
};

static void state_of(struct hf_state *out, const struct hf_trailer *trailer)
{
    *out = (struct hf_state){
        .page_size = trailer->page_size,
        .page_count = trailer->page_count,
        .lock_byte_page = trailer->lock_byte_page,
        .fingerprint = trailer->state_after,
    };
}

int hf_plan_state(const struct hf_database *database, const struct hf_plan *plan,
                  struct hf_state *out, struct hf_error *err)
{
    hf_auto(hf_trailer) struct hf_trailer trailer = {0};
    if (hf_segment_read_trailer(database, &plan->steps[0]->name, &trailer, err))
        return -1;
    state_of(out, &trailer);
    return 0;
}

static int begin(struct walk *walk, const struct hf_segment *newest, struct hf_error *err)
{
    state_of(&walk->state, &newest->trailer);
    walk->limit = walk->state.page_count;
    walk->remaining = walk->state.page_count;
    if (walk->state.lock_byte_page <= walk->limit)
        walk->remaining--;
    if (hf_bitmap_init(&walk->covered, (uint64_t)walk->limit + 1, err))
        return -1;
    if (walk->visitor->begin)
        return walk->visitor->begin(walk->visitor->context, &walk->state, err);
    return 0;
}

static bool is_live(const struct walk *walk, uint32_t page)
{
    return page <= walk->limit && page != walk->state.lock_byte_page &&
           !hf_bitmap_get(&walk->covered, page);
}

static int visit_block(struct walk *walk, struct hf_segment *segment,
                       const struct hf_segment_object *object, uint32_t number,
                       struct hf_error *err)
{
    struct hf_live_block *live = hf_live_block_new(segment, object, number, err);
    if (!live)
        return -1;
    for (uint32_t i = 0; i < live->block.entries; i++) {
        uint32_t page = live->block.pages[i];
        if (!is_live(walk, page))
            continue;
        hf_bitmap_set(&walk->covered, page);
        hf_live_block_add(live, i);
        walk->terms += hf_state_term(page, live->block.fingerprints[i]);
    }
    walk->remaining -= live->live_count;
    if (!live->live_count) {
        hf_live_block_free(live);
        return 0;
    }
    return walk->visitor->block(walk->visitor->context, live, err);
}

static int fits(struct walk *walk, const struct hf_segment *segment, struct hf_error *err)
{
    if (segment->trailer.page_size != walk->state.page_size ||
        (walk->expects && segment->trailer.state_after != walk->expected_before))
        return hf_error_set(err, HF_CORRUPT,
                            "segment '%s' is not what the one after it was "
                            "made from",
                            segment->object->name);
    return 0;
}

static int visit_segment(struct walk *walk, struct hf_segment *segment, struct hf_error *err)
{
    for (uint32_t i = 0; i < segment->objects; i++)
        for (uint32_t block = 0; block < segment->object[i].root.blocks; block++)
            if (visit_block(walk, segment, &segment->object[i], block, err))
                return -1;
    if (segment->trailer.page_min < walk->limit)
        walk->limit = segment->trailer.page_min;
    return 0;
}

static int visit_step(struct walk *walk, const struct hf_plan *plan, size_t step,
                      struct hf_error *err)
{
    const struct hf_segment_name *name = &plan->steps[step]->name;
    struct hf_segment *segment = hf_segment_open(walk->database, name, err);
    if (!segment)
        return -1;
    int failed = step == 0 ? begin(walk, segment, err) : fits(walk, segment, err);
    if (!failed)
        failed = visit_segment(walk, segment, err);
    walk->expects = name->from > 1 && step + 1 < plan->count &&
                    plan->steps[step + 1]->name.to == name->from - 1;
    walk->expected_before = segment->trailer.state_before;
    hf_segment_release(segment);
    return failed;
}

/* Pages that no segment has an image of, and the state at the plan's beginning has not either. */
static int visit_zeros(struct walk *walk, struct hf_error *err)
{
    static const uint8_t zeros[65536];
    const struct hf_plan_visitor *visitor = walk->visitor;
    uint64_t fingerprint =
        hf_page_fingerprint(&walk->database->fingerprints, zeros, walk->state.page_size);
    uint32_t count = walk->state.page_count;
    uint64_t kept = walk->base_pages < walk->limit ? walk->base_pages : walk->limit;
    for (uint64_t page = kept + 1; walk->remaining && page <= count; page++) {
        uint64_t first = page;
        while (page <= count && page != walk->state.lock_byte_page &&
               !hf_bitmap_get(&walk->covered, page))
            walk->terms += hf_state_term((uint32_t)page++, fingerprint);
        walk->remaining -= page - first;
        if (page > first && visitor->zeros &&
            visitor->zeros(visitor->context, (uint32_t)first, (uint32_t)(page - first), err))
            return -1;
    }
    return 0;
}

static int walk_plan(struct walk *walk, const struct hf_plan *plan, struct hf_error *err)
{
    int failed = 0;
    for (size_t step = 0; !failed && step < plan->count && (step == 0 || walk->remaining); step++)
        failed = visit_step(walk, plan, step, err);
    if (!failed)
        failed = visit_zeros(walk, err);
    hf_bitmap_release(&walk->covered);
    return failed;
}

int hf_plan_walk(const struct hf_database *database, const struct hf_plan *plan,
                 const struct hf_plan_visitor *visitor, struct hf_error *err)
{
    struct walk walk = {.database = database, .visitor = visitor};
    if (walk_plan(&walk, plan, err))
        return -1;
    if (walk.terms != walk.state.fingerprint)
        return hf_error_set(err, HF_CORRUPT,
                            "the segments together do not give the state that restore point "
                            "%" PRIu64 " had",
                            plan->steps[0]->name.to);
    return 0;
}

int hf_plan_walk_from(const struct hf_database *database, const struct hf_plan *plan,
                      uint32_t base_pages, const struct hf_plan_visitor *visitor, uint64_t *terms,
                      struct hf_error *err)
{
    struct walk walk = {.database = database, .visitor = visitor, .base_pages = base_pages};
    if (walk_plan(&walk, plan, err))
        return -1;
    *terms = walk.terms;
    return 0;
}
