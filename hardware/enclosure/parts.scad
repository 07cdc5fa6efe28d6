// What goes into the box, for the pictures: plain solids of the real size, from parts.toml.

// "closed": as on the wall. "open": the base as the technician sees it, and beside it the lid from within.
module picture(kind) rotate([90, 0, 0]) {
    color("#e8e4da") if (base_stl == "") whole_base(); else import(base_stl);
    base_parts();
    if (kind == "closed") on_lid() full_lid();
    else translate([wide + 22, 0, 20]) rotate([-6, 180, 0]) full_lid();
}

module full_lid() {
    color("#83abc2") if (lid_stl == "") lid(); else rotate([180, 0, 0]) import(lid_stl);
    lid_parts();
}

module base_parts() {
    stack = perf[2] + perf_header + perf_gap;
    at_perfboard() {
        color("#b08d3c") translate([0, 0, back + standoff + perf[2] / 2]) cube(perf, center = true);
        translate([0, perf_shift, back + standoff]) {
            color("#222222") for (x = [-1, 1]) translate([x * board_rows / 2, 0, stack / 2])
                cube([2.5, board[1] - 14, stack], center = true);
            color("#1d4d2b") translate([0, 0, stack + 0.8]) cube([board[0], board[1], 1.6], center = true);
            color("#c9ccd1") translate([0, board[1] / 4, stack + 3]) cube([board[0] - 8, board[1] / 3, 3], center = true);
            color("#c9ccd1") translate([0, -board[1] / 2 + 3, stack + 3]) cube([8, 6, 3], center = true);
        }
    }
    color("#333333") translate([gland_x, 0, gland_z]) rotate([90, 0, 0]) {
        cylinder(d = gland_flange, h = 6, $fn = 6);
        cylinder(d = gland_flange - 3, h = gland_outside - 4);
        translate([0, 0, -wall - gland_nut_high]) cylinder(d = gland_nut, h = gland_nut_high, $fn = 6);
        color("#777777") translate([0, 0, gland_outside - 5]) cylinder(d = 5, h = 40);
    }
}

module lid_parts() {
    inside_lid() {
        translate([reader_x, reader_v, frame + pane + foam - lid_thick]) {
            color("#2b2b2b") linear_extrude(reader[2]) centred([reader[0], reader[1]]);
            color("#8fa3ad") translate([0, 0, -0.3]) cylinder(d = 7, h = 1);
            color("#fff6d8") for (side = [-1, 1]) translate([side * reader[0] * 0.33, 0, -0.3]) cylinder(d = 3, h = 1);
        }
        color("#2b2b2b") translate([buzzer_x, buzzer_v]) cylinder(d = buzzer, h = buzzer_high);
        color("#444444") translate([button_x, button_v]) {
            cylinder(d = button_body, h = button_behind);
            cylinder(d = button_nut, h = button_nut_high, $fn = 6);
        }
        color("#e9e9e9") translate([light_x, light_v, light_rod_long - lid_thick]) cylinder(d = light_seat, h = 2);
        if (with_display) color("#14315c") translate([display_x, display_v, display_gap]) linear_extrude(1.2)
            difference() {
                centred([display[0], display[1]]);
                for (x = [-1, 1], y = [-1, 1]) translate([x * display_holes[0] / 2, y * display_holes[1] / 2]) circle(d = display_holes[2]);
            }
    }
    color("#ffffff") translate([reader_x, reader_v, 0.02]) linear_extrude(0.05) finder_lines(); // filled with paint
    color("#e9fff0") translate([light_x, light_v, -light_rod_long + 0.4]) cylinder(d = light_rod, h = light_rod_long);
    color("#c9ccd1") translate([button_x, button_v]) cylinder(d = button_cap, h = button_cap_high);
    if (with_display) color("#0a0f1a") translate([display_x, display_v + display_up, -frame - pane]) linear_extrude(pane) centred(display_pane);
    color("#a9d5e8", 0.35) translate([reader_x, reader_v, -frame - pane]) linear_extrude(pane) centred(pane_size);
}
