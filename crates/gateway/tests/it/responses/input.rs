//! Images and files in `input`.

use super::{BOTH, made, text};
use crate::site::Site;
use serde_json::{Value, json};

const PDF: &str = "data:application/pdf;base64,JVBERi0xLjQKJcOkw7zDtsOfCg==";

fn with(model: &str, script: &str, part: &Value) -> Value {
    json!({ "model": model, "input": [{ "type": "message", "role": "user", "content": [
        part, { "type": "input_text", "text": script }] }] })
}

#[tokio::test]
async fn images_reach_the_model() {
    let site = Site::start().await;
    let image = json!({ "type": "input_image", "detail": "auto",
        "image_url": "data:image/png;base64,iVBORw0KGgo=" });
    for model in BOTH {
        let response = made(&site, &with(model, "ECHO_IMAGES", &image)).await;
        assert_eq!(text(&response), "1 images: image/png", "{model}");
    }
    site.stop().await;
}

#[tokio::test]
async fn text_files_are_read_as_text() {
    let site = Site::start().await;
    for model in BOTH {
        let file = json!({ "type": "input_file", "filename": "notes.md",
            "file_data": "data:text/markdown;base64,IyBIZWxpb3Ryb3Bl" });
        made(&site, &with(model, "hi", &file)).await;
        let sent = site.model.requests().last().unwrap().to_string();
        assert!(sent.contains("[notes.md]\\n# Heliotrope"), "{sent}");
    }
    site.stop().await;
}

#[tokio::test]
async fn documents_reach_models_that_read_them_and_are_named_to_others() {
    let site = Site::start().await;
    let file = json!({ "type": "input_file", "filename": "a.pdf", "file_data": PDF });
    for model in BOTH {
        let response = made(&site, &with(model, "hi", &file)).await;
        assert_eq!(response["status"], "completed");
        let sent = site.model.requests().last().unwrap().to_string();
        assert!(sent.contains("pdf"), "{sent}");
    }
    site.stop().await;
}
