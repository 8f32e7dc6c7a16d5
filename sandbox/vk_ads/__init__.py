"""A stand-in of VK Ads: tokens, lists of users, segments made of them."""
