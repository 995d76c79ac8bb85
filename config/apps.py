from django.contrib.admin.apps import AdminConfig


class HoldfastAdminConfig(AdminConfig):
    default_site = "config.admin.HoldfastAdminSite"
