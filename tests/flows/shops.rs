//! Product CSVs of shops: merged by SKU, handle or picture, every other cell as it was.

use std::fs;

use hangtag::catalogue::GroupKind;

use crate::exports::{desk_with, export, say, shop_desk};
use crate::support::Desk;

const SHOPIFY: &str = "\
Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Variant SKU,Image Src
red-dress,Red dress,\"<p>A \"\"fine\"\" dress,
long</p>\",Maison,Hat,\"summer, hat , Striped\",TRUE,SKU-7,https://cdn.shopify.com/s/files/1/red.jpg?v=1
red-dress,,,,,,,SKU-7-M,https://cdn.shopify.com/s/files/1/red-2.jpg?v=1
bowler,Bowler,,Maison,,,TRUE,,https://cdn.shopify.com/s/files/1/hat_5f2b6c1e-0f2a-4c1d-9c55-0a1b2c3d4e5f.png?v=2
other,Other thing,,Maison,,\"a, b\",TRUE,X-1,
";

const WOOCOMMERCE: &str = "\
ID,Type,SKU,Name,Published,Categories,Tags,Images,Parent
11,variable,,Red dress,1,\"Clothing, Clothing > Hat\",\"summer, old\\, good\",,
12,variation,SKU-7,Red dress - M,1,,,,id:11
13,simple,HAT,Bowler,1,,'-50%,https://shop.example/wp-content/uploads/hat-scaled.png,
";

fn merge(desk: &Desk, shop: &str, before: &[u8]) -> (crate::support::Run, Vec<u8>) {
    fs::write(desk.at("shop.csv"), before).unwrap();
    let run = export(desk, shop, &desk.at("merged.csv"), &[&"--merge-into", &desk.at("shop.csv")]);
    assert_eq!(fs::read(desk.at("shop.csv")).unwrap(), before, "the shop's own file is left alone");
    (run, fs::read(desk.at("merged.csv")).unwrap_or_default())
}

#[test]
fn shopify_gets_tags_and_type_and_keeps_the_rest() {
    let desk = shop_desk();
    let (run, after) = merge(&desk, "shopify", SHOPIFY.as_bytes());
    let run = run.expect(0).complains_of(&["`category`"]);
    assert_eq!(run.stdout, "merged.csv: 2 of 3 products found, 2 changed\n");
    // By SKU: striped is known not to fit, and hat is no tag of the group that fills Type. By picture: the hat.
    let expected = SHOPIFY
        .replace("Maison,Hat,\"summer, hat , Striped\"", "Maison,dress,\"summer, hat, floral\"")
        .replace("Bowler,,Maison,,,", "Bowler,,Maison,hat,,");
    assert_eq!(String::from_utf8(after).unwrap(), expected);

    // What came out goes in again without a change.
    let (run, after) = merge(&desk, "shopify", expected.as_bytes());
    assert_eq!(run.expect(0).stdout, "merged.csv: 2 of 3 products found, 0 changed\n");
    assert_eq!(String::from_utf8(after).unwrap(), expected);
}

#[test]
fn woocommerce_gets_tags_and_categories_of_the_parent() {
    let desk = shop_desk();
    say(&mut desk.open(), "dresses/SKU-7_1.png", &["pattern=dots, small"]);
    let (run, after) = merge(&desk, "woocommerce", WOOCOMMERCE.as_bytes());
    assert_eq!(run.expect(0).stdout, "merged.csv: 2 of 2 products found, 2 changed\n");
    let expected = WOOCOMMERCE
        .replace(
            "\"Clothing, Clothing > Hat\",\"summer, old\\, good\"",
            "\"Clothing, dress\",\"summer, old\\, good, floral, dots\\, small\"",
        )
        .replace("13,simple,HAT,Bowler,1,,", "13,simple,HAT,Bowler,1,hat,");
    assert_eq!(String::from_utf8(after).unwrap(), expected);
}

#[test]
fn any_encoding_comes_out_as_it_went_in() {
    let desk = desk_with(&["röd-1.png"]);
    let mut workspace = desk.open();
    workspace.add_group("mönster", GroupKind::AnyOf).unwrap();
    say(&mut workspace, "röd-1.png", &["mönster=blommig ängsväv"]);
    drop(workspace);
    let before = "Handle;Title;Tags\r\nröd;Röd klänning på galgen;\r\nblå;Blå hatt;x\r\n";
    let expected = before.replace("galgen;", "galgen;blommig ängsväv");
    let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<u8>>();
    let marked = |text: &str| [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let wide =
        |text: &str| [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let ways: [&dyn Fn(&str) -> Vec<u8>; 3] = [&latin, &marked, &wide];
    for way in ways {
        let (run, after) = merge(&desk, "shopify", &way(before));
        run.expect(0);
        assert!(after == way(&expected), "{}", String::from_utf8_lossy(&after));
    }

    // A tag for which the encoding has no characters.
    say(&mut desk.open(), "röd-1.png", &["mönster=红色"]);
    fs::remove_file(desk.at("merged.csv")).unwrap();
    let (run, _) = merge(&desk, "shopify", &latin(before));
    run.expect(1).complains_of(&["shop.csv", "windows-1252", "红色", "UTF-8"]);
    assert!(!desk.at("merged.csv").exists());
}

#[test]
fn what_cannot_be_merged_for_certain_is_said() {
    let desk = shop_desk();
    // Two products that the dress could be, and none that the hat is.
    let twice = "Handle,Title,Tags,Variant SKU\na,A,,SKU-7\nb,B,,sku-7\n";
    let (run, _) = merge(&desk, "shopify", twice.as_bytes());
    run.expect(1).complains_of(&["shop.csv", "none of its products"]);
    let (run, after) = merge(&desk, "shopify", format!("{twice}hat,Hat,,\n").as_bytes());
    run.expect(3).complains_of(&["SKU-7: several products"]);
    assert!(String::from_utf8(after).unwrap().starts_with(twice));

    // Shots that say different things leave the cell as it was.
    say(&mut desk.open(), "dresses/SKU-7_2.png", &["category=skirt"]);
    let (run, after) = merge(&desk, "shopify", SHOPIFY.as_bytes());
    run.expect(3).complains_of(&["different answers in `category`"]);
    assert!(String::from_utf8(after).unwrap().contains("Maison,Hat,"));

    for (before, complaint) in [
        ("", "empty"),
        ("Titel,Preis\na,1\n", "no column Handle and Tags"),
        ("Handle,Tags\na,b\nc\n", "fields"),
        ("PK\u{3}\u{4}\0\0", "no text"),
    ] {
        let (run, _) = merge(&desk, "shopify", before.as_bytes());
        run.expect(1).complains_of(&["shop.csv", complaint]);
    }
    fs::write(desk.at("shop.csv"), SHOPIFY).unwrap();
    export(&desk, "shopify", &desk.at("shop.csv"), &[&"--merge-into", &desk.at("shop.csv")])
        .expect(1)
        .complains_of(&["written over"]);
    assert_eq!(fs::read_to_string(desk.at("shop.csv")).unwrap(), SHOPIFY);
    export(&desk, "shopify", &desk.at("x.csv"), &[&"--merge-into", &desk.at("gone.csv")])
        .expect(1)
        .complains_of(&["gone.csv"]);
}

#[test]
fn a_category_that_the_shop_takes_for_levels_is_named() {
    let desk = shop_desk();
    say(&mut desk.open(), "hat.png", &["category=Hats > Felt", "pattern=big > small"]);
    let out = desk.at("new.csv");
    let run = export(&desk, "woocommerce", &out, &[]).expect(0).complains_of(&["levels at `>`: `Hats > Felt`;"]);
    assert!(!run.stderr.contains("big > small"), "tags have no levels: {}", run.stderr);
    assert!(fs::read_to_string(&out).unwrap().contains("hat,hat,Hats > Felt,"));
    let (run, _) = merge(&desk, "woocommerce", WOOCOMMERCE.as_bytes());
    run.expect(0).complains_of(&["`Hats > Felt`"]);
    // Shopify's type has none, nor has a file without categories.
    let run = export(&desk, "shopify", &out, &[]).expect(0);
    assert!(!run.stderr.contains("levels"), "{}", run.stderr);
    let (run, _) = merge(&desk, "woocommerce", b"SKU,Tags\nhat,\n");
    let run = run.expect(3).complains_of(&["no column Categories"]);
    assert!(!run.stderr.contains("levels"), "{}", run.stderr);
}

#[test]
fn new_products_get_a_file_of_their_own() {
    let desk = shop_desk();
    let mut workspace = desk.open();
    say(&mut workspace, "hat.png", &["pattern=dots, small", "pattern==1+1"]);
    drop(workspace);
    let out = desk.at("new.csv");
    export(&desk, "shopify", &out, &[])
        .expect(0)
        .complains_of(&["--merge-into", "`dots, small` is written as `dots small`"]);
    let expected = "Handle,Title,Type,Tags\nsku-7,SKU-7,dress,floral\nhat,hat,hat,\"dots small, =1+1\"\n";
    assert_eq!(fs::read_to_string(&out).unwrap(), expected);
    export(&desk, "woocommerce", &out, &[]).expect(0);
    let expected = "SKU,Name,Categories,Tags\nSKU-7,SKU-7,dress,floral\nhat,hat,hat,\"dots\\, small, =1+1\"\n";
    assert_eq!(fs::read_to_string(&out).unwrap(), expected);
}
