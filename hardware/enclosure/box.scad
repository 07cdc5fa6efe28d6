// The box on the wall: a base that is screwed to it, and a lid that carries the reader and looks down a little.
//
// Open standard.scad, pico.scad or cheapest.scad: they set the sizes and include this file. Lengths are millimetres.
// The base stands on its back: x across, y up the wall, z out of it. On the lid: x across, v up the lid, w out of it.
//   1. Outer face of the lid: z = deep + y * tan(tilt). It leans over, so rain and sun do not reach the window, and the
//      reader's own light does not come back to it from a phone that is held upright.
//   2. The top wall stands out before the lid: an eave, with a groove that makes drops fall.
//   3. All that looks out stands on the lid; the board, the gland and the wall's screws are the base's.
//   4. Both parts print without supports: the base on its back, the lid on its face.

part = "open"; // base, lid (as they are printed), open, closed (pictures)
base_stl = "";   // for pictures: what has been rendered already
lid_stl = "";

wall = 2.8;
back = 3;
top = 3;
lid_thick = 3.6;
corner = 6;
eave = 14;
lip = 2;         // the lid reaches this far below the base
tongue = 3;      // the lid's rim that goes into the base
slack = 0.35;    // between the two
fit = 0.4;       // around what is put in
pane = 2;
frame = 1.5;     // of the lid before a pane
foam = 1;        // between pane and reader
boss = 8.4;
standoff = 5;
key_up = 7;      // how far the box drops onto its screws
$fn = 40;

function y_of(v, w) = v * cos(tilt) - w * sin(tilt);
function z_of(v, w) = deep + v * sin(tilt) + w * cos(tilt);
lid_top = (high - top - slack - lid_thick * sin(tilt)) / cos(tilt);
tongue_low = (wall + slack - lid_thick * sin(tilt)) / cos(tilt);
tongue_top = (high - top - slack - (lid_thick + tongue) * sin(tilt)) / cos(tilt);
boss_x = wide / 2 - wall - 3.6;
boss_v = [tongue_low + 5.4, tongue_top - 5];
tall = z_of(high / cos(tilt), 0) + eave;
sleeve = 2.2;    // wall of what holds the reader
pane_size = [reader[0] + 2 * fit, reader[1] + 2 * fit];

module on_lid() translate([0, 0, deep]) rotate([tilt, 0, 0]) children();
// What follows counts inwards from the lid's inner face; `into` makes it one with the lid.
module inside_lid(into = 0) translate([0, 0, into - lid_thick]) mirror([0, 0, 1]) children();
module rounded(x0, y0, x1, y1, r) hull() for (x = [x0 + r, x1 - r], y = [y0 + r, y1 - r]) translate([x, y]) circle(r);
module centred(size, r = 0.01) rounded(-size[0] / 2, -size[1] / 2, size[0] / 2, size[1] / 2, r);
module at_bosses() for (x = [-boss_x, boss_x], v = boss_v) translate([x, v]) children();
// A plate of the given profile (points of y and z), as wide as the box.
module profile(points, width = wide + 2) rotate([90, 0, 90]) translate([0, 0, -width / 2]) linear_extrude(width) polygon(points);

// ---- base ----

// What the base may fill: below the lid's inner face, and the eave.
module below_lid(under_top = high - top) {
    function seat(y) = deep - lid_thick / cos(tilt) + y * tan(tilt);
    front = z_of(high / cos(tilt), 0) + eave;
    profile([[-1, 0], [high + 1, 0], [high + 1, front], [under_top, front], [under_top, seat(under_top)], [-1, seat(-1)]]);
}

module keyhole() {
    translate([0, 0, -1]) cylinder(d = wall_head + 0.8, h = back + 2);
    hull() for (up = [0, key_up]) translate([0, up, -1]) cylinder(d = wall_screw + 0.5, h = back + 2);
}

module base() {
    intersection() {
        union() {
            difference() {
                linear_extrude(tall) rounded(-wide / 2, 0, wide / 2, high, corner);
                translate([0, 0, back]) linear_extrude(tall)
                    rounded(-wide / 2 + wall, wall, wide / 2 - wall, high - top, corner - wall);
            }
            on_lid() at_bosses() translate([0, 0, -tall]) cylinder(d = boss, h = tall);
            at_perfboard() for (x = [-1, 1], y = [-1, 1]) translate([x * perf_holes[0] / 2, y * perf_holes[1] / 2, back - 0.01])
                cylinder(d = 6.5, h = standoff);
        }
        linear_extrude(tall) rounded(-wide / 2, 0, wide / 2, high, corner);
        below_lid();
    }
}

module base_holes() {
    on_lid() at_bosses() translate([0, 0, -lid_thick]) {
        translate([0, 0, -lid_insert_deep]) cylinder(d = lid_insert, h = 20);
        translate([0, 0, lid_thick - lid_screw_long - 1]) cylinder(d = lid_screw + 0.2, h = 20);
    }
    at_perfboard() for (x = [-1, 1], y = [-1, 1]) translate([x * perf_holes[0] / 2, y * perf_holes[1] / 2, 1.2])
        cylinder(d = board_screw - 0.4, h = back + standoff);
    for (x = [-key_x, key_x]) {
        translate([x, key_y]) keyhole();
        translate([x, low_y, -1]) cylinder(d = wall_screw + 0.5, h = back + 2);
        translate([x, low_y, back - 2]) cylinder(d1 = wall_screw + 0.5, d2 = wall_head + 0.6, h = 2.01);
    }
    translate([gland_x, -1, gland_z]) rotate([-90, 0, 0]) cylinder(d = gland_bore, h = wall + 2);
    for (x = vents) translate([x, wall / 2, gland_z]) rotate([90, 0, 0]) linear_extrude(wall + 2, center = true)
        rounded(-1, -7, 1, 7, 0.99);
    // the groove under the eave
    translate([0, high - top, tall - 4]) rotate([45, 0, 0]) cube([wide - 8, 1.6, 1.6], center = true);
}

module at_perfboard() translate([perf_x, perf_y, 0]) rotate([0, 0, perf_upright ? 0 : 90]) children();

// ---- lid ----

module lid() {
    difference() {
        union() {
            translate([0, 0, -lid_thick]) linear_extrude(lid_thick) hull() {
                rounded(-wide / 2, -lip, wide / 2, high / 2, corner);
                rounded(-wide / 2, high / 2, wide / 2, lid_top, 1);
            }
            inside_lid(0.02) {
                linear_extrude(tongue) offset(0.7) offset(-0.7) difference() { // in and out again: no slivers
                    rounded(-wide / 2 + wall + slack, tongue_low, wide / 2 - wall - slack, tongue_top, 4);
                    rounded(-wide / 2 + wall + slack + 1.6, tongue_low + 1.6, wide / 2 - wall - slack - 1.6, tongue_top - 1.6, 2.4);
                    at_bosses() circle(d = boss + 1.2);
                }
                translate([reader_x, reader_v]) reader_holder();
                translate([light_x, light_v]) cylinder(d = light_seat + 4, h = light_rod_long - lid_thick + light_seat_deep);
                translate([buzzer_x, buzzer_v]) cylinder(d = buzzer + 3.6, h = 7);
                if (with_display) at_display_holes() cylinder(d = 4.4, h = display_gap);
            }
        }
        at_bosses() {
            translate([0, 0, -lid_thick - 1]) cylinder(d = lid_screw + 0.4, h = lid_thick + 2);
            translate([0, 0, -lid_head / 2 + lid_screw / 2]) cylinder(d1 = lid_screw, d2 = lid_head, h = lid_head / 2 - lid_screw / 2 + 0.01);
        }
        translate([reader_x, reader_v]) window(pane_size, [reader[0] - 2.4, reader[1] - 2.4]);
        translate([reader_x, reader_v]) finder();
        translate([light_x, light_v]) {
            translate([0, 0, -50]) cylinder(d = light_rod + 0.2, h = 60);
            inside_lid() translate([0, 0, light_rod_long - lid_thick]) cylinder(d = light_seat + 0.3, h = 20);
        }
        translate([button_x, button_v, -lid_thick - 1]) cylinder(d = button_bore, h = lid_thick + 2);
        translate([buzzer_x, buzzer_v]) {
            inside_lid() cylinder(d = buzzer + 0.4, h = 20);
            translate([0, 0, -lid_thick - 1]) for (turn = [0 : 60 : 300]) rotate(turn) translate([3.6, 0]) cylinder(d = 1.8, h = lid_thick + 2, $fn = 12);
            translate([0, 0, -lid_thick - 1]) cylinder(d = 1.8, h = lid_thick + 2, $fn = 12);
        }
        if (with_display) {
            translate([display_x, display_v + display_up]) window(display_pane, display_open);
            inside_lid() at_display_holes() translate([0, 0, -1.2]) cylinder(d = 1.6, h = 20, $fn = 16);
        }
    }
}

// A pane goes in from within; the opening before it widens outwards.
module window(pane_size, open) {
    inside_lid() translate([0, 0, frame - lid_thick]) linear_extrude(20) centred(pane_size);
    wider = 2 * frame * tan(35);
    translate([0, 0, -frame - 0.01]) linear_extrude(frame + 0.02, scale = [(open[0] + wider) / open[0], (open[1] + wider) / open[1]])
        centred(open);
}

// Four corners around the window, as a phone's camera shows them: here the code goes.
module finder() translate([0, 0, -0.5]) linear_extrude(1) finder_lines();

module finder_lines() {
    size = [reader[0] + 16, reader[1] + 16];
    for (x = [-1, 1], y = [-1, 1]) scale([x, y]) translate([size[0] / 2, size[1] / 2]) {
        translate([-8, -1.6]) square([8, 1.6]);
        translate([-1.6, -8]) square([1.6, 8]);
    }
}

module reader_holder() {
    outer = [pane_size[0] + 2 * sleeve, pane_size[1] + 2 * sleeve];
    if (reader_hold == "ears") {
        linear_extrude(8) difference() {
            centred(outer, 1);
            centred(pane_size);
        }
        for (side = [-1, 1]) difference() {
            translate([side * (outer[0] / 2 + 3), 0, 4]) cube([6.4, 12, 8], center = true);
            translate([side * (outer[0] / 2 + 2.6), 0, 3.4]) cube([3.2, 20, 2.2], center = true);
        }
    } else {
        linear_extrude(6) difference() {
            centred(outer, 1);
            centred(pane_size);
        }
        // a channel below the module; the ties lie in its notches
        difference() {
            linear_extrude(min(42, reader[2] - 10)) difference() {
                centred(outer, 1);
                translate([-pane_size[0] / 2, -pane_size[1] / 2]) square([pane_size[0], 100]);
                translate([-100, -pane_size[1] / 2 + 6]) square(200);
            }
            for (deep = [18, 34]) translate([0, -outer[1] / 2, deep]) cube([100, 1.6, 3.4], center = true);
        }
    }
}

module at_display_holes() translate([display_x, display_v]) for (x = [-1, 1], y = [-1, 1])
    translate([x * display_holes[0] / 2, y * display_holes[1] / 2]) children();

module whole_base() difference() {
    base();
    base_holes();
}

module printed() {
    if (part == "base") whole_base();
    if (part == "lid") rotate([180, 0, 0]) lid();
}

include <parts.scad>
printed();
if (part == "open" || part == "closed") picture(part);
